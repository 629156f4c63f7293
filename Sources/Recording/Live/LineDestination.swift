import Glibc

/// What takes lines on the writer's thread, which alone calls it and which it may block for a while.
protocol LineDestination: AnyObject {
  /// Takes lines of `batch` from number `first` on, as many as it can.
  ///
  /// It returns when all are taken, when something is wrong, or after about a tenth of a second in
  /// which the receiver took nothing.
  func write(_ batch: borrowing LineBatch, from first: Int) -> LineProgress

  /// How long it may be left alone while no lines come; nil for as long as one likes.
  var tickSeconds: Double? { get }

  /// Does what is due without lines.
  func tick() -> LineProgress

  /// Closes the destination; nil where that went well.
  func finish() -> RecordingError?
}

extension LineDestination {
  var tickSeconds: Double? { nil }
  func tick() -> LineProgress { LineProgress() }
}

/// What became of lines.
struct LineProgress {
  /// Lines that the system has now.
  var written = 0
  /// Lines after them that are given up, for `cause`.
  var lost = 0
  /// Why lines cannot be taken now; what lines are lost for that find no room in the queue
  /// meanwhile. nil while all is well.
  var cause: LossCause?
  /// What is wrong now; it is worth another try in a second, unless `isOver`.
  var problem: RecordingError?
  /// Whether no line will ever be taken again.
  var isOver = false

  init(written: Int = 0) { self.written = written }

  init(written: Int, stoppedBy problem: RecordingError) {
    self.written = written
    self.problem = problem
    cause = LossCause(of: problem)
  }
}

extension LossCause {
  /// The cause that an error of a file is counted under.
  init(of error: RecordingError) {
    switch error {
    case .system(_, _, ENOSPC), .system(_, _, EDQUOT): self = .diskFull
    default: self = .cannotWrite
    }
  }
}
