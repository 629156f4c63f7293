import Measurement
import TestSupport
import Testing
import Tracking

@testable import Recording

@Suite struct ColumnSchemaTests {
  @Test func headerOf68LandmarksAnd34Modes() {
    func numbered(_ prefix: String, _ last: Int) -> String {
      (0...last).map { "\(prefix)_\($0)" }.joined(separator: ",")
    }
    let golden =
      "frame,face_id,timestamp,confidence,success,"
      + "pose_Tx,pose_Ty,pose_Tz,pose_Rx,pose_Ry,pose_Rz,"
      + "\(numbered("x", 67)),\(numbered("y", 67)),"
      + "\(numbered("X", 67)),\(numbered("Y", 67)),\(numbered("Z", 67)),"
      + "p_scale,p_rx,p_ry,p_rz,p_tx,p_ty,\(numbered("p", 33)),"
      + "state,mean_shift,peak_offset,likelihood,iterations,pts,time_utc"
    let schema = ColumnSchema(landmarkCount: 68, modeCount: 34)
    #expect(schema.header == golden)
    #expect(schema.names.count == 398)
    #expect(!schema.header.contains(" "))
  }

  @Test func aRowWithAFit() throws {
    let schema = ColumnSchema(landmarkCount: 2, modeCount: 2)
    let line = try row(schema, sampleFrame(), sampleMeasurement())
    #expect(
      line == "7,1,0.200200,0.9877,1,"
        + "-1.50,20.25,600.00,0.25000,-0.12500,0.00000,"
        + "100.500,101.500,102.500,103.500,"
        + "0.00,10.00,20.00,30.00,40.00,50.00,"
        + "1.25000,0.10000,-0.20000,0.00000,320.12346,-4.00000,-2.50000,-1.50000,"
        + "tracking,0.7123,1.5000,-0.4000,30,2002,2026-01-31T09:30:00.250000Z")
  }

  @Test func withoutAFitItsCellsAreEmpty() throws {
    let schema = ColumnSchema(landmarkCount: 2, modeCount: 2)
    let line = try row(schema, lostFrame(), sampleMeasurement())
    #expect(
      line == "8,0,1.000000,0.0000,0,"
        + ",,,,,,"
        + ",,,,"
        + ",,,,,,"
        + ",,,,,,,,"
        + "lost,,,,,,")
  }

  @Test func aFitWithoutAPoseHasNoPoseAndNo3DLandmarks() throws {
    let schema = ColumnSchema(landmarkCount: 2, modeCount: 2, groups: [.pose, .landmarks3d])
    let line = try row(schema, sampleFrame(), FaceMeasurement())
    #expect(line == "7,1,0.200200,0.9877,1" + String(repeating: ",", count: 12))
  }

  @Test func whatIsNoNumberIsAnEmptyCell() throws {
    var frame = sampleFrame()
    frame.timestampSeconds = .nan
    frame.confidence = .infinity
    frame.landmarks = [.nan, -.infinity, -0.0, -0.0001]
    frame.likelihood = .nan
    frame.utcSeconds = .nan
    let schema = ColumnSchema(
      landmarkCount: 2, modeCount: 2, groups: [.landmarks, .fit, .times])
    let line = try row(schema, frame, sampleMeasurement())
    #expect(line == "7,1,,,1,,,0.000,0.000,tracking,0.7123,1.5000,,30,2002,")
  }

  @Test(arguments: TestSeed.of([1, 2]))
  func everyRowHasTheHeadersCellsAndNoWordForNoNumber(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let odd: [Double] = [.nan, .infinity, -.infinity, -0.0, 1e300, -1e-300, 5, -0.00001]
    func number() -> Double { odd.randomElement(using: &generator) ?? 0 }
    for _ in 0..<500 {
      let groups = Set(ColumnGroup.allCases.filter { _ in Bool.random(using: &generator) })
      let schema = ColumnSchema(landmarkCount: 5, modeCount: 3, groups: groups)
      var frame = sampleFrame(landmarks: 5, modes: 3)
      frame.hasFit = Bool.random(using: &generator)
      frame.state = TrackingState.allCases.randomElement(using: &generator) ?? .lost
      frame.landmarks = (0..<10).map { _ in number() }
      frame.local = (0..<3).map { _ in number() }
      frame.global.scale = number()
      frame.utcSeconds = number()
      frame.timestampSeconds = number()
      if Bool.random(using: &generator) {
        frame.landmarkConfidences = (0..<5).map { _ in number() }
      }
      var measurement = sampleMeasurement(landmarks: 5)
      measurement.headPose?.translation.y = number()
      let line = try row(schema, frame, measurement)
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(cells.count == schema.names.count, "seed \(seed)")
      for (name, cell) in zip(schema.names, cells) {
        if name == "state" || name == "time_utc" { continue }
        #expect(cell.allSatisfy { "-.0123456789".contains($0) }, "seed \(seed): \(name) \(cell)")
        #expect(!(cell.hasPrefix("-") && cell.allSatisfy { "-.0".contains($0) }))
      }
    }
  }

  /// Landmarks' confidences are written where they are asked for; without any the cells are empty.
  @Test func confidencesAreAGroupOfTheirOwn() throws {
    #expect(!ColumnGroup.standard.contains(.confidences))
    let schema = ColumnSchema(landmarkCount: 2, modeCount: 1, groups: [.confidences])
    #expect(schema.header == "frame,face_id,timestamp,confidence,success,c_0,c_1")
    var frame = sampleFrame(landmarks: 2, modes: 1)
    #expect(try row(schema, frame, FaceMeasurement()) == "7,1,0.200200,0.9877,1,,")
    frame.landmarkConfidences = [0.25, 1]
    #expect(
      try row(schema, frame, FaceMeasurement()) == "7,1,0.200200,0.9877,1,0.2500,1.0000")
    frame.landmarkConfidences = [0.25]
    #expect(throws: RecordingError.self) { try row(schema, frame, FaceMeasurement()) }
    frame.landmarkConfidences = [0.25, 1]
    frame.hasFit = false
    #expect(try row(schema, frame, FaceMeasurement()).hasSuffix(",,"))
  }

  @Test func chosenGroupsKeepTheSchemasOrder() throws {
    let schema = ColumnSchema(landmarkCount: 1, modeCount: 1, groups: [.times, .landmarks])
    #expect(schema.header == "frame,face_id,timestamp,confidence,success,x_0,y_0,pts,time_utc")
    #expect(
      try row(schema, sampleFrame(landmarks: 1, modes: 1), FaceMeasurement())
        == "7,1,0.200200,0.9877,1,100.500,101.500,2002,2026-01-31T09:30:00.250000Z")
    let least = ColumnSchema(landmarkCount: 1, modeCount: 1, groups: [])
    #expect(least.header == "frame,face_id,timestamp,confidence,success")
    #expect(try row(least, lostFrame(), FaceMeasurement()) == "8,0,1.000000,0.0000,0")
  }

  @Test func aFitOfAnotherShapeIsRefusedAndLeavesTheRowsAlone() throws {
    let schema = ColumnSchema(landmarkCount: 2, modeCount: 2)
    var bytes = ByteWriter(capacity: 16)
    bytes.append("before")
    #expect(
      throws: RecordingError.shapeMismatch(what: "landmark coordinates", got: 6, expected: 4)
    ) {
      try schema.append(sampleFrame(landmarks: 3), sampleMeasurement(), to: &bytes)
    }
    #expect(
      throws: RecordingError.shapeMismatch(what: "shape coefficients", got: 1, expected: 2)
    ) {
      try schema.append(sampleFrame(modes: 1), sampleMeasurement(), to: &bytes)
    }
    #expect(
      throws: RecordingError.shapeMismatch(what: "3D landmark coordinates", got: 9, expected: 6)
    ) {
      try schema.append(sampleFrame(), sampleMeasurement(landmarks: 3), to: &bytes)
    }
    #expect(bytes.count == 6)
  }
}
