import Foundation

/// A JSON file of figures, read loosely: a missing or mistyped value fails the test that asks.
public struct JSONValue {
  private let value: Any?
  private let path: String

  public struct Missing: Error, CustomStringConvertible {
    public let description: String
  }

  public init(contentsOf url: URL) throws {
    value = try JSONSerialization.jsonObject(
      with: Data(contentsOf: url), options: [.fragmentsAllowed])
    path = url.lastPathComponent
  }

  private init(value: Any?, path: String) {
    self.value = value
    self.path = path
  }

  public subscript(key: String) -> JSONValue {
    JSONValue(value: (value as? [String: Any])?[key], path: "\(path).\(key)")
  }

  public subscript(index: Int) -> JSONValue {
    let array = value as? [Any]
    let element = array.flatMap { index < $0.count ? $0[index] : nil }
    return JSONValue(value: element, path: "\(path)[\(index)]")
  }

  public var exists: Bool { value != nil && !(value is NSNull) }

  public func elements() throws -> [JSONValue] {
    let array: [Any] = try cast()
    return array.enumerated().map { JSONValue(value: $1, path: "\(path)[\($0)]") }
  }

  public func numbers() throws -> [Double] {
    let array: [Any] = try cast()
    return try array.enumerated().map { index, element in
      guard let number = element as? NSNumber else {
        throw Missing(description: "\(path)[\(index)] is not a number")
      }
      return number.doubleValue
    }
  }

  public func number() throws -> Double { try (cast() as NSNumber).doubleValue }
  public func integer() throws -> Int { try (cast() as NSNumber).intValue }
  public func string() throws -> String { try cast() }
  public func bool() throws -> Bool { try (cast() as NSNumber).boolValue }

  private func cast<T>() throws -> T {
    guard let value = value as? T else { throw Missing(description: "\(path) is not a \(T.self)") }
    return value
  }
}

/// The largest absolute difference of two lists; infinite where their lengths differ.
public func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

/// The largest difference as a share of the largest value of `expected`.
public func relativeDifference(_ actual: [Double], _ expected: [Double]) -> Double {
  let size = expected.map(abs).max() ?? 0
  return largestDifference(actual, expected) / (size > 0 ? size : 1)
}
