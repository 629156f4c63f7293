import CSystemSupport
import Glibc

/// Threads of the system's own, for work that may block.
public enum SystemThread {
  /// What a thread carries to its beginning.
  private final class Task {
    let name: String
    let work: @Sendable () -> Void

    init(_ name: String, _ work: @escaping @Sendable () -> Void) {
      self.name = name
      self.work = work
    }
  }

  /// The longest name that Linux keeps, in bytes.
  private static let longestName = 15

  /// Starts a thread that does `work` and ends. Nobody has to wait for it.
  ///
  /// `name` is what `top -H` and debuggers show, cut to 15 bytes. Where the system gives no further thread,
  /// the process ends with its reason: what waits for the work would wait for ever.
  public static func start(_ name: String, _ work: @escaping @Sendable () -> Void) {
    let task = Unmanaged.passRetained(Task(name, work))
    var thread = pthread_t()
    let problem = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let task = Unmanaged<Task>.fromOpaque(argument).takeRetainedValue()
        SystemThread.setName(task.name)
        task.work()
        return nil
      }, task.toOpaque())
    guard problem == 0 else {
      fatalError("no thread for \(name): \(String(cString: strerror(problem)))")
    }
    pthread_detach(thread)
  }

  private static func setName(_ name: String) {
    var bytes = name.utf8.prefix(longestName).map { CChar(bitPattern: $0) }
    bytes.append(0)
    landmarkd_name_thread(bytes)
  }

  /// Does nothing for `seconds`, whatever signals come.
  public static func sleep(seconds: Double) {
    let whole = seconds.rounded(.down)
    var left = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    var wanted = left
    while nanosleep(&wanted, &left) != 0 && errno == EINTR { wanted = left }
  }
}
