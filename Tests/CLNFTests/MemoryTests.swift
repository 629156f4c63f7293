import Testing

@testable import CLNF

/// Owned memory: buffers and planes.
struct MemoryTests {
  @Test func buffersHoldWhatTheyAreGiven() {
    var buffer = Buffer<Double>(repeating: 2, count: 5)
    #expect(buffer.count == 5 && buffer.array == [2, 2, 2, 2, 2])
    buffer[3] = 7
    #expect(buffer[3] == 7 && buffer.pointer[3] == 7 && buffer.span[3] == 7)
    var span = buffer.mutableSpan
    span[0] = -1
    #expect(buffer.array == [-1, 2, 2, 7, 2])
    let copy = Buffer<Float>([1, 2, 3])
    #expect(copy.array == [1, 2, 3])
  }

  @Test func emptyBuffersHaveAnAddress() {
    let buffer = Buffer<Float>(repeating: 0, count: 0)
    #expect(buffer.array.isEmpty)
    #expect(UInt(bitPattern: buffer.pointer) != 0)
    #expect(Buffer<UInt8>([]).array.isEmpty)
  }

  @Test func buffersAreAligned() {
    for count in 0..<40 {
      let buffer = Buffer<UInt8>(repeating: 0, count: count)
      #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
    }
  }

  @Test func indicesOutsideABufferTrap() async {
    await #expect(processExitsWith: .failure) {
      let buffer = Buffer<Int32>(repeating: 0, count: 3)
      _ = buffer[3]
    }
    await #expect(processExitsWith: .failure) {
      let buffer = Buffer<Int32>(repeating: 0, count: 3)
      _ = buffer[-1]
    }
  }

  @Test func planesAreRowByRow() {
    var plane = Plane<UInt8>(width: 3, height: 2, repeating: 9)
    plane[2, 1] = 4
    plane[0, 1] = 5
    #expect(plane.count == 6)
    let rows = plane.withSamples { Array($0) }
    #expect(rows == [9, 9, 9, 5, 9, 4])
    plane.withMutableSamples { $0[0] = 1 }
    #expect(plane[0, 0] == 1)
  }

  @Test func copiesAreDeep() {
    var plane = Plane<UInt8>(width: 2, height: 2, repeating: 3)
    let copy = plane.copy()
    plane[1, 1] = 8
    let kept = copy[1, 1]
    #expect(kept == 3)
    let empty = Plane<UInt8>(width: 0, height: 4, repeating: 0).copy()
    let size = (empty.width, empty.height, empty.count)
    #expect(size == (0, 4, 0))
  }

  /// A plane that shrinks and grows back keeps its memory; one that outgrows it gets more.
  @Test func resizingReusesMemory() {
    var plane = Plane<UInt8>(width: 10, height: 10, repeating: 0)
    let first = plane.withSamples { UInt(bitPattern: $0.baseAddress) }
    plane.resize(width: 4, height: 5, filler: 0)
    #expect(plane.width == 4 && plane.height == 5 && plane.count == 20)
    plane.resize(width: 25, height: 4, filler: 0)
    let same = plane.withSamples { UInt(bitPattern: $0.baseAddress) }
    #expect(same == first)
    plane.resize(width: 101, height: 1, filler: 6)
    #expect(plane.count == 101)
    plane[100, 0] = 2
    let corners = (plane[0, 0], plane[100, 0])
    #expect(corners == (6, 2))
  }

  @Test func samplesOutsideAPlaneTrap() async {
    await #expect(processExitsWith: .failure) {
      let plane = Plane<UInt8>(width: 3, height: 2, repeating: 0)
      _ = plane[3, 0]
    }
    await #expect(processExitsWith: .failure) {
      let plane = Plane<UInt8>(width: 3, height: 2, repeating: 0)
      _ = plane[0, 2]
    }
  }
}
