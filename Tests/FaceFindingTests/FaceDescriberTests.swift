import CLNF
import Foundation
import TestSupport
import Testing

@testable import FaceFinding

/// Descriptions of faces by the program's own net.
@Suite struct FaceDescriberTests {
  private static func landmarks(of image: borrowing GreyImage) throws -> [Double] {
    let found = FaceFinder().detectFaces(in: image)
    let face = try #require(found.first)
    let seen = LandmarkRegressor().landmarks(of: face, in: image)
    return try #require(seen).points
  }

  private static func changed(
    _ image: borrowing GreyImage, _ change: (UInt8, Int, Int) -> Double
  ) -> GreyImage {
    var other = GreyImage(width: image.width, height: image.height, repeating: 0)
    let width = image.width
    image.withSamples { from in
      other.withMutableSamples { to in
        for i in to.indices {
          to[i] = UInt8(max(0, min(255, change(from[i], i % width, i / width))))
        }
      }
    }
    return other
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func describe(
    _ landmarks: [Double], _ image: borrowing GreyImage,
    body: FaceDetectorSettings.Body = .best
  ) -> [Float] {
    var numbers: [Float] = []
    return FaceDescriber(body: body).describe(landmarks, in: image, into: &numbers) ? numbers : []
  }

  /// The same face in another light, a little out of place, and seen in a mirror.
  @Test func oneFaceIsAlikeInAnotherPicture() throws {
    let portrait = try PortableGreyMap.portrait()
    let landmarks = try Self.landmarks(of: portrait)
    let asItIs = describe(landmarks, portrait)
    #expect(asItIs.count == FaceDescriber.count)
    #expect(abs(cosine(asItIs, asItIs) - 1) < 1e-5)
    let darker = Self.changed(portrait) { level, x, _ in Double(level) * (0.4 + Double(x) / 900) }
    let inTheDark = cosine(asItIs, describe(landmarks, darker))
    #expect(inTheDark > 0.8)
    let moved = cosine(asItIs, describe(landmarks.map { $0 + 2 }, portrait))
    #expect(moved > 0.8)
    let width = portrait.width
    let levels = portrait.withSamples { Array($0) }
    let mirrored = Self.changed(portrait) { _, x, y in
      Double(levels[y * width + width - 1 - x])
    }
    let there = try Self.landmarks(of: mirrored)
    let inTheMirror = cosine(asItIs, describe(there, mirrored))
    #expect(inTheMirror > 0.8)
  }

  /// Both bodies of the kernels say the same.
  @Test func portableCodeSaysTheSame() throws {
    let portrait = try PortableGreyMap.portrait()
    let landmarks = try Self.landmarks(of: portrait)
    let best = describe(landmarks, portrait)
    let portable = describe(landmarks, portrait, body: .portable)
    #expect(best.count == portable.count)
    for (a, b) in zip(best, portable) { #expect(abs(a - b) < 5e-4) }
  }

  @Test func whatIsNoFaceIsNotDescribed() throws {
    let portrait = try PortableGreyMap.portrait()
    let landmarks = try Self.landmarks(of: portrait)
    var answers = [
      describe([], portrait), describe(Array(landmarks.dropLast(2)), portrait),
      describe(landmarks.map { $0 * 0 }, portrait),
      describe(landmarks, GreyImage(width: 0, height: 0, repeating: 0)),
    ]
    for bad in [Double.nan, .infinity, 1e300] {
      var wild = landmarks
      wild[3] = bad
      answers.append(describe(wild, portrait))
    }
    let areNone = answers.allSatisfy { $0.isEmpty }
    #expect(areNone)
    // Far outside there is an edge to see, and nothing to read out of bounds.
    _ = describe(landmarks.map { $0 + 5000 }, portrait)
  }
}
