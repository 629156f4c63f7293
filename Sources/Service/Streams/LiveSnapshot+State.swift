import VideoInput

extension LiveSnapshot {
  var sourceState: SourceState {
    switch state {
    case .opening: .opening
    case .live: .live
    case .waiting: .waiting
    case .stopped: .stopped
    }
  }

  /// Frames that were not tracked, by cause; causes without any are left out.
  var drops: [String: Int] {
    ["newer": droppedForNewer, "undecodable": undecodable, "corrupt": corruptPackets]
      .filter { $0.value > 0 }
  }
}
