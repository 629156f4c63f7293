/// What is to be said of an output as it goes: once when something is wrong or rows begin to be lost,
/// once when it is well again, and at its close what was lost in all.
public struct SinkNews: Sendable {
  public struct Item: Sendable, Equatable {
    /// Whether something is wrong, not well again.
    public var isTrouble: Bool
    /// One line without its end.
    public var text: String
  }

  private var problem: String?
  /// Lost when all was last well.
  private var lostBefore = 0
  private var isLosing = false
  private var isClosed = false

  public init() {}

  /// What is new since the last look.
  public mutating func look(_ status: SinkStatus) -> Item? {
    guard !isClosed else { return nil }
    let gone = status.lostCount - lostBefore
    let before = problem
    problem = status.problem
    guard let problem else {
      guard before != nil || gone > 0 else { return nil }
      lostBefore = status.lostCount
      isLosing = false
      return item(status, isTrouble: false, "well again, \(gone) rows were lost")
    }
    let begins = gone > 0 && !isLosing
    if begins { isLosing = true }
    guard problem != before || begins else { return nil }
    let losses = begins ? "; rows are lost: \(status.causes)" : ""
    return item(status, isTrouble: true, problem + losses)
  }

  /// The last word on an output that was closed; nil where nothing was lost and nothing is wrong.
  public mutating func close(_ status: SinkStatus) -> Item? {
    guard !isClosed else { return nil }
    isClosed = true
    let problem = status.problem == problem ? nil : status.problem
    guard status.lostCount > 0 else {
      return problem.map { item(status, isTrouble: true, $0) }
    }
    let all = status.written + status.lostCount
    var text = "closed, \(status.lostCount) of \(all) rows were lost: \(status.causes)"
    if status.lostAtEnd > 0 { text += "; \(status.lostAtEnd) of them at the end" }
    if let problem { text += "; \(problem)" }
    return item(status, isTrouble: true, text)
  }

  private func item(_ status: SinkStatus, isTrouble: Bool, _ text: String) -> Item {
    Item(isTrouble: isTrouble, text: "\(status.kind) \(status.target): \(text)")
  }
}
