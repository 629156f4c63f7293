import CLNF
import FaceFinding
import Foundation
import Measurement
import Recording
import Session
import Testing
import TestSupport
import Tracking
import VideoInput

@testable import Service

/// The table that options, keys, messages and the reference page come from.
@Suite struct SettingTableTests {
  static let table = ServiceSettings.table

  @Test("the reference page is the table's; `make settings` writes it anew")
  func page() throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = repository.appendingPathComponent("docs/reference/settings.md")
    #expect(try String(contentsOf: page, encoding: .utf8) == Self.table.page)
  }

  @Test("a place has a name once", arguments: SettingPlace.allCases)
  func unique(place: SettingPlace) {
    let keys = Self.table.keys(of: place)
    #expect(!keys.isEmpty && Set(keys).count == keys.count, "\(keys)")
  }

  @Test("every setting is told in sentences and has a place")
  func told() {
    for setting in Self.table.settings {
      #expect(!setting.places.isEmpty, "\(setting.key)")
      #expect(setting.summary.hasSuffix("."), "\(setting.key)")
      #expect(setting.summary.first?.isUppercase == true, "\(setting.key)")
      #expect(setting.key.allSatisfy { $0.isLowercase || $0 == "-" }, "\(setting.key)")
    }
  }

  @Test("defaults are those of the modules that they are handed to")
  func defaults() throws {
    let files = try LogFileSettings(pattern: "a")
    #expect(ServiceSettings.flushEvery.standard == files.flushSeconds)
    #expect(ServiceSettings.fsync.standard == files.fsync)
    let osc = try OSCSettings(host: "a", port: 1)
    #expect(ServiceSettings.prefix.standard == osc.prefix)
    #expect(Settings.columns.description.standard?.hasSuffix("osc: pose,landmarks,fit") == true)
    #expect(OSCSettings.standardGroups == [.pose, .landmarks, .fit])
    #expect(Settings.enlarge.description.standard == "1")
    #expect(FaceDetectorSettings.standard.enlargement == 1)
    let belief = Belief.learned(for: try FaceModel.default())
    #expect(Settings.maxLikelihoodDrop.description.standard == "2")
    #expect(belief.maximumLikelihoodDrop == 2)
    #expect(Settings.maxMovement.description.standard == "0.5")
    #expect(belief.maximumMovement == 0.5)
    let live = LiveSettings.standard
    #expect(Settings.openDeadline.liveStandard == live.openDeadlineSeconds)
    #expect(Settings.openDeadline.description.standard == "30s; live 10s")
    #expect(Settings.readDeadline.liveStandard == live.readDeadlineSeconds)
    #expect(Settings.readDeadline.description.standard == "30s; live 5s")
    #expect(Settings.largestPicture.description.standard == "64; live 36")
    #expect(Settings.largestPicture.standard == LargestPicture.recorded.megapixels)
    #expect(Settings.largestPicture.liveStandard == LargestPicture.live.megapixels)
    let tracking = TrackingConfiguration()
    #expect(Settings.minFace.standard == tracking.minimumFaceWidth)
    #expect(Settings.pose.standard == tracking.pose)
    #expect(Settings.fitSettings.standard == tracking.fitSettings)
    #expect(Settings.minConfidence.standard == Belief().minimumConfidence)
  }

  @Test("columns are chosen by their groups' names, with commas")
  func columns() {
    let format = Settings.columns.format
    #expect(format.parse("pose,landmarks") == [.pose, .landmarks])
    #expect(format.parse(" times , pose,pose") == [.times, .pose])
    #expect(format.parse("all") == Set(ColumnGroup.allCases))
    #expect(
      format.parse("pose,landmarks,landmarks3d,parameters,fit,times") == ColumnGroup.standard)
    #expect(format.parse("standard") == ColumnGroup.standard)
    #expect(format.parse("standard,confidences") == Set(ColumnGroup.allCases))
    for text in ["gaze", "Pose", "", "pose,,fit", "pose;fit"] {
      #expect(format.parse(text) == nil, "\(text)")
    }
  }

  @Test("what a default's words say is a value of the setting")
  func words() {
    #expect(Settings.start.format.parse("0s") == Settings.start.standard)
    #expect(Settings.smoothBeta.format.parse("0.05") == Settings.smoothBeta.standard)
    #expect(Settings.pose.description.standard == "world")
    #expect(ServiceSettings.rotateEvery.description.standard == "1d")
    #expect(ServiceSettings.rotateEvery.format.parse("1d") == ServiceSettings.rotateEvery.standard)
    #expect(ServiceSettings.rotateSize.description.standard == "off")
    #expect(ServiceSettings.fsync.description.standard == "on-rotation")
    #expect(ServiceSettings.flushEvery.description.standard == "500ms")
  }

  @Test(
    "both ends of a range are taken by what they are handed to, and nothing beyond by the setting")
  func ranges() throws {
    for text in ["0.1", "1h"] {
      let seconds = try Settings.readDeadline.parse(text)
      _ = try LiveSettings(openDeadlineSeconds: seconds, readDeadlineSeconds: seconds)
      _ = try VideoSettings(openDeadlineSeconds: seconds, readDeadlineSeconds: seconds)
    }
    for text in ["0.09", "3601", "-1", "nan"] {
      #expect(Settings.readDeadline.format.parse(text) == nil, "\(text)")
    }
    for text in ["0.001", "1000"] {
      let rate = try Settings.liveFrameRate.parse(text)
      _ = try LiveSettings(framesPerSecond: rate)
    }
    for text in ["0.001", "1000000"] {
      let rate = try Settings.frameRate.parse(text)
      _ = try VideoSettings(frameRate: rate)
    }
    for text in ["0", "10000d"] {
      _ = try VideoSettings(startSeconds: Settings.start.parse(text))
    }
    for text in ["1ms", "10000d"] {
      _ = try VideoSettings(durationSeconds: Settings.duration.parse(text))
    }
    for text in ["1", "1000000000"] {
      _ = try VideoSettings(everyNthFrame: Settings.every.parse(text))
    }
    for text in ["0", "64"] {
      _ = try VideoSettings(decoderThreads: Settings.decoderThreads.parse(text))
    }
    for text in ["1", "1000"] {
      _ = try VideoSettings(videoStream: Settings.videoStream.parse(text))
    }
    for (cutoff, beta) in [("0.001", "0"), ("1000", "1000")] {
      let filter = try Settings.smoothing(
        true, minCutoff: Settings.smoothMinCutoff.parse(cutoff),
        beta: Settings.smoothBeta.parse(beta))
      #expect(filter != nil)
    }
    for (face, enlarge) in [("0", "0.1"), ("100000", "8")] {
      var tracking = TrackingConfiguration()
      tracking.minimumFaceWidth = try Settings.minFace.parse(face)
      tracking.enlargement = try Settings.enlarge.parse(enlarge)
      _ = try tracking.finderSettings()
      _ = try tracking.referenceDetectorSettings()
    }
    for text in ["0", "1"] {
      _ = try FaceFinderSettings(threshold: Settings.minScore.parse(text))
    }
  }

  @Test(
    "a limit of belief is a setting of its name, and a rule of a fit",
    arguments: BeliefLimit.allCases)
  func limits(limit: BeliefLimit) {
    #expect(limit.setting.key == limit.rawValue)
    var belief = Belief()
    belief[limit] = 0.25
    #expect(belief[limit] == 0.25)
    #expect(belief != Belief())
    for other in BeliefLimit.allCases where other != limit {
      #expect(belief[other] == Belief()[other])
    }
  }
}
