import Glibc
import SystemNames

/// Where a path leads, so that two ways of writing one file can be seen to be the same.
enum FilePlace {
  /// `path` from the root on, without ".", ".." and links, as far as its folders are there: what is to
  /// be made is taken as it is written. Codes of name patterns stay. Asks the system once a part.
  static func canonical(_ path: String) -> String {
    var place = path.hasPrefix("/") ? "/" : resolved(".") ?? "."
    for part in path.split(separator: "/") where part != "." {
      if part == ".." {
        // What is behind a link is resolved by now, so that the way up is the name's.
        place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
        if place.isEmpty { place = "/" }
      } else {
        let next = (place.hasSuffix("/") ? place : place + "/") + part
        place = resolved(next) ?? next
      }
    }
    return place
  }

  /// nil where nothing is there.
  private static func resolved(_ path: String) -> String? {
    SystemName.realPath(of: path)
  }
}
