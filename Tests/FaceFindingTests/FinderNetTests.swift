import CLNF
import CLNFKernels
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// The reader of nets: what it takes, what it refuses and how it says so.
@Suite struct FinderNetTests {
  private static let contents: FinderNet.Contents = {
    var contents = FinderNets.random(
      [
        FinderNets.Shape(outputs: 3, kernel: 3, stride: 2),
        FinderNets.Shape(outputs: 5, kernel: 1, stride: 2),
        FinderNets.Shape(outputs: 5, kernel: 3, stride: 1, addsInput: true),
        FinderNets.Shape(outputs: 4, kernel: 3, stride: 2),
      ], seed: 1)
    contents.threshold = 0.25
    contents.knots = [
      FinderNet.Knot(logit: -2, share: 0), FinderNet.Knot(logit: 0, share: 0.25),
      FinderNet.Knot(logit: 4, share: 1),
    ]
    return contents
  }()

  /// The file without its checksum.
  private static let body = Array(FinderNets.file(contents).dropLast(32))
  private static let firstKnot = 36
  private static let firstLayer = firstKnot + 3 * 8
  private static let firstValue = firstLayer + 5 * 24

  private func refusal(_ bytes: [UInt8]) -> String? {
    do throws(FaceDetectionError) {
      _ = try FinderNet(bytes: bytes, name: "some.net")
      return nil
    } catch {
      return error.description
    }
  }

  private func refusal(at place: Int, _ value: UInt32) -> String? {
    var bytes = Self.body
    withUnsafeBytes(of: value.littleEndian) {
      bytes.replaceSubrange(place..<place + 4, with: Array($0))
    }
    return refusal(FinderNets.sealed(bytes))
  }

  private func refusal(at place: Int, _ value: Float) -> String? {
    refusal(at: place, value.bitPattern)
  }

  /// A net for one purpose is none for the other, whichever is read as which.
  @Test func netsAreForTheirPurpose() throws {
    let places = [SIMD2<Double>](repeating: SIMD2(0.1, 0.2), count: 68)
    let landmarks = FinderNets.file(FinderNets.landmarks(places: places, logSpread: -3))
    let net = try FinderNet(bytes: landmarks, name: "net", for: .landmarks)
    #expect(net.mapStride == 208)
    #expect(refusal(landmarks)?.contains("expected 14") == true)
    do throws(FaceDetectionError) {
      _ = try FinderNet(bytes: FinderNets.file(Self.contents), name: "net", for: .landmarks)
      Issue.record("a finder's net was taken for one of landmarks")
    } catch {
      #expect(error.description.contains("expected 204"), "\(error)")
    }
  }

  @Test func readsWhatWasWritten() throws {
    let net = try FinderNet(bytes: FinderNets.file(Self.contents), name: "net")
    #expect(net.contents == Self.contents)
    #expect(net.widths == 24...60 && net.threshold == 0.25)
    // 27 products at a quarter of the pixels, and so on.
    let expected =
      27.0 / 4 + (3.0 + 15) / 16 + (45.0 + 25) / 16 + (45.0 + 20) / 64 + 56.0 / 64
    #expect(abs(net.multiplyAddsPerPixel - expected) < 1e-9)
  }

  @Test func scoresFollowTheKnots() throws {
    let net = FinderNet(Self.contents)
    let expected: [(Double, Double)] = [
      (-1e9, 0), (-2, 0), (-1, 0.125), (0, 0.25), (1, 0.4375), (4, 1), (.infinity, 1),
    ]
    for (logit, score) in expected {
      #expect(net.score(logit).map { abs($0 - score) < 1e-12 } == true, "\(logit)")
    }
    #expect(net.score(.nan) == nil)
    let plain = FinderNet(FinderNets.squares())
    #expect(plain.score(0) == 0.5 && plain.score(-.infinity) == 0 && plain.score(.nan) == nil)
  }

  @Test func refusalsSayPlaceValueAndExpectation() {
    let layer = Self.firstLayer
    let expectations: [(String?, String)] = [
      (refusal(at: 8, 0 as UInt32), "byte 8: the version is 0; expected 1 to 2"),
      (refusal(at: 8, 3 as UInt32), "byte 8: the version is 3; expected 1 to 2"),
      (refusal(at: 12, 1 as UInt32), "byte 12: the number of layers is 1; expected 2 to 24"),
      (refusal(at: 12, 25 as UInt32), "byte 12: the number of layers is 25; expected 2 to 24"),
      (
        refusal(at: 16, 0 as Float), "byte 16: the unit of sizes is 0.0; expected 1.0 to 10000.0"
      ),
      (
        refusal(at: 24, 23 as Float),
        "byte 24: the most width of a face is 23.0; expected 24.0 to 10000.0"
      ),
      (refusal(at: 28, 1.5 as Float), "byte 28: the threshold is 1.5; expected 0.0 to 1.0"),
      (
        refusal(at: Self.firstKnot + 8, -2 as Float),
        "byte 44: the logit of knot 1 is -2.0; expected rising ones"
      ),
      (
        refusal(at: Self.firstKnot + 20, 0.125 as Float),
        "byte 56: the share of knot 2 is 0.125; expected 0.25 to 1.0"
      ),
      (refusal(at: layer, 2 as UInt32), "byte 60: layer 0's kind is 2; expected 1"),
      (
        refusal(at: layer + 4, 4 as UInt32), "byte 64: layer 0's kernel is 4; expected 1, 3, 5 or 7"
      ),
      (refusal(at: layer + 8, 3 as UInt32), "byte 68: layer 0's stride is 3; expected 1 to 2"),
      (
        refusal(at: layer + 12, 2 as UInt32), "byte 72: layer 0's number of inputs is 2; expected 1"
      ),
      (
        refusal(at: layer + 16, 257 as UInt32),
        "byte 76: layer 0's number of outputs is 257; expected 1 to 256"
      ),
      (refusal(at: layer + 20, 1 as UInt32), "byte 80: layer 0's flags is 1; expected 0"),
      (refusal(at: layer + 24 + 20, 1 as UInt32), "byte 104: layer 1's flags is 1; expected 0"),
      (
        refusal(at: layer + 48 + 20, 2 as UInt32), "byte 128: layer 2's flags is 2; expected 0 to 1"
      ),
      (
        refusal(at: layer + 8, 1 as UInt32),
        "byte 180: the product of the layers' strides is 4; expected 8"
      ),
      (
        refusal(at: layer + 96 + 16, 13 as UInt32),
        "byte 172: layer 4's number of outputs is 13; expected 14"
      ),
      (
        refusal(at: Self.firstValue + 8, Float.infinity),
        "byte 188: layer 0's weights have inf; expected finite numbers"
      ),
      (refusal(FinderNets.sealed(Self.body + [0])), "1 bytes follow the last layer's values"),
      (
        refusal(FinderNets.sealed(Array(Self.body.dropLast(4)))),
        "layer 4's biases need 56 bytes; the file has 52 more"
      ),
      (refusal([]), "byte 0: expected a face finder's net, which begins with LMFINDER"),
      (
        refusal(Array("LMFINDER".utf8) + [UInt8](repeating: 0, count: 2_000_000)),
        "byte 2000008: the file has 2000008 bytes; expected 40 to 2000000"
      ),
    ]
    for (refusal, expected) in expectations {
      #expect(refusal?.contains(expected) == true, "\(refusal ?? "taken"), not: \(expected)")
      #expect(refusal?.hasPrefix("some.net: ") == true)
    }
  }

  /// Files of halves: what they hold, and refusals with their places.
  @Test func readsHalves() throws {
    let file = FinderNets.file(Self.contents, hasHalves: true)
    var expected = Self.contents
    for index in expected.layers.indices {
      func round(_ values: inout [Float]) { values = values.map { Float(Float16($0)) } }
      round(&expected.layers[index].depthwise)
      round(&expected.layers[index].depthwiseBiases)
      round(&expected.layers[index].weights)
      round(&expected.layers[index].biases)
    }
    let net = try FinderNet(bytes: file, name: "net")
    #expect(net.contents == expected && expected != Self.contents)
    let body = Array(file.dropLast(32))
    var infinite = body
    infinite.replaceSubrange(Self.firstValue + 4..<Self.firstValue + 6, with: [0x00, 0x7c])
    let refusals = [
      (infinite, "byte 184: layer 0's weights have inf; expected finite numbers"),
      (Array(body.dropLast(2)), "layer 4's biases need 28 bytes; the file has 26 more"),
      (body + [0], "1 bytes follow the last layer's values"),
    ]
    for (bytes, expected) in refusals {
      let refusal = refusal(FinderNets.sealed(bytes))
      #expect(refusal?.contains(expected) == true, "\(refusal ?? "taken"), not: \(expected)")
    }
  }

  @Test func everyDamagedByteIsSeen() {
    let file = FinderNets.file(Self.contents)
    for place in file.indices {
      var bytes = file
      bytes[place] ^= 1 << UInt8(place % 8)
      #expect(refusal(bytes) != nil, "byte \(place)")
    }
  }

  @Test func everyShorterFileIsRefused() {
    let file = FinderNets.file(Self.contents)
    for count in file.indices {
      #expect(refusal(Array(file[..<count])) != nil, "\(count) bytes")
      if count != Self.body.count {
        #expect(refusal(FinderNets.sealed(Array(file[..<count]))) != nil, "\(count) bytes, sealed")
      }
    }
  }

  /// Counts, sizes and values that were forged, the checksum put right: either a refusal of one line, or
  /// a net that can be run.
  @Test func forgedFiles() throws {
    let seed = TestSeed.of(20_181)
    var generator = SeededGenerator(seed: seed)
    let words: [UInt32] = [
      0, 1, 2, 3, 5, 7, 8, 14, 15, 16, 17, 127, 128, 129, 65_536, 0x7fff_ffff, 0x8000_0000,
      0xffff_ffff, Float.nan.bitPattern, Float.infinity.bitPattern, (1e30 as Float).bitPattern,
      (-1 as Float).bitPattern, (0.5 as Float).bitPattern, (100 as Float).bitPattern,
    ]
    let given = ProcessInfo.processInfo.environment["LANDMARKD_FUZZ_CASES"].flatMap { Int($0) }
    let cases = 4 * (given ?? 150)
    let level = PlainLevel.random(width: 40, height: 30, seed: 2)
    var taken = 0
    for number in 0..<cases {
      var bytes = Self.body
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        // Half of the changes are in the head, where few bytes mean much.
        let isHead = Bool.random(using: &generator)
        let end = isHead ? Self.firstValue : bytes.count
        let place = Int.random(in: 8..<end, using: &generator) / 4 * 4
        let word = words.randomElement(using: &generator) ?? 0
        withUnsafeBytes(of: word.littleEndian) { new in
          let last = min(bytes.count, place + 4)
          bytes.replaceSubrange(place..<last, with: new.prefix(last - place))
        }
      }
      do throws(FaceDetectionError) {
        let net = try FinderNet(bytes: FinderNets.sealed(bytes), name: "fuzz")
        _ = level.map(net, clnf_best_instruction_set())
        taken += 1
      } catch {
        let isOneLine = !error.description.contains { $0.isNewline }
        #expect(isOneLine, "seed \(seed), case \(number)")
      }
    }
    print("fuzz: seed \(seed), finder's nets: \(cases) cases, \(taken) load")
  }
}
