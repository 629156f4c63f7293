import Glibc

/// The system calls whose failures and timing matter to a recording, and the standard output, so
/// that tests can bring about what otherwise happens seldom.
package struct FileCalls {
  /// As write(2): the bytes written, or -1 and `errno`.
  var write: (Int32, UnsafeRawBufferPointer) -> Int = writeWithoutSignal
  /// As fsync(2).
  var synchronise: (Int32) -> Int32 = { fsync($0) }
  /// As fdatasync(2).
  var synchroniseData: (Int32) -> Int32 = { fdatasync($0) }
  /// As ftruncate(2).
  var truncate: (Int32, Int) -> Int32 = { ftruncate($0, $1) }
  /// Runs after a partial was opened, before it is locked: where another run can come between.
  var openedPartial: () -> Void = {}
  /// The descriptor of `-`; it is never closed.
  var standardOutput = STDOUT_FILENO
  /// How long readers are waited for.
  var patience = ReaderPatience.process

  package init() {}
}

/// write(2), but a pipe or socket without a reader gives EPIPE and no SIGPIPE, whatever the
/// process does about that signal.
private func writeWithoutSignal(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  var pipeSignal = sigset_t()
  var before = sigset_t()
  var pending = sigset_t()
  sigemptyset(&pipeSignal)
  sigaddset(&pipeSignal, SIGPIPE)
  sigpending(&pending)
  let wasPending = sigismember(&pending, SIGPIPE) == 1
  pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
  let written = write(descriptor, bytes.baseAddress, bytes.count)
  let failure = errno
  if written < 0 && failure == EPIPE && !wasPending {
    // The signal is this thread's and blocked: take it away before it is let in again.
    var none = timespec(tv_sec: 0, tv_nsec: 0)
    while sigtimedwait(&pipeSignal, nil, &none) < 0 && errno == EINTR {}
  }
  pthread_sigmask(SIG_SETMASK, &before, nil)
  errno = failure
  return written
}
