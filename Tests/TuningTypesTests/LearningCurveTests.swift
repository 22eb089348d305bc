import Testing
import TuningTypes

@Suite struct LearningCurveTests {
  @Test(arguments: [0, 1, 255, 256, 257, 511, 512, 513, 10_000, 1_000_000])
  func aLongCurveKeepsPointsThatAreSpreadEvenly(count: Int) {
    var recorder = LearningCurve.Recorder()
    for number in 0..<count { recorder.append(.init(resource: Double(number), loss: 1)) }
    let curve = recorder.curve
    let stride = curve.points.count > 1 ? Int(curve.points[1].resource) : 1
    let expected = Swift.stride(from: 0, to: count, by: stride).map(Double.init)
    #expect(curve.points.map(\.resource) == expected)
    #expect(curve.points.count <= LearningCurve.limit)
    #expect(curve.points.count >= min(count, LearningCurve.limit / 2))
  }
}
