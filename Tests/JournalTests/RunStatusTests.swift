import Files
import Journal
import Search
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct RunStatusTests {
  private static func status(_ random: inout some RandomNumberGenerator) -> RunStatus {
    let running = (0..<Int.random(in: 0..<5, using: &random)).map { worker in
      RunStatus.RunningJob(
        job: Tuner.RunningJob(
          id: JobID(Int.random(in: 0..<1000, using: &random)), trial: TrialID(worker * 3), bracket: 1,
          rung: RungIndex(worker), resource: Resource(1 << worker), worker: WorkerID(worker), attempt: worker + 1),
        since: Double(worker) * 1.5,
        report: Bool.random(using: &random)
          ? RunStatus.Report(
            resource: Double.random(in: 0..<9, using: &random),
            loss: Loss(Bool.random(using: &random) ? .infinity : Double.random(in: -9..<9, using: &random)), time: 12.25
          )
          : nil)
    }
    return RunStatus(
      host: "node1", process: 77, site: RunSite(started: "2026-01-02T03:04:05Z", batchJob: "4711"), time: 99.5,
      deadline: Bool.random(using: &random) ? 3600 : nil, workers: 8, workersInService: 7, running: running)
  }

  @Test(arguments: 0..<50) func aStatusIsReadAsItWasWritten(seed: Int) throws {
    var random = testGenerator(seed)
    let status = Self.status(&random)
    let folder = try TemporaryFolder()
    let place = StudyFolder(path: folder.path)
    var text = JSONText()
    text.append(status.json)
    try Disk.writeAtomically(text.bytes, to: place.status)
    #expect(RunStatus(of: place) == status)
  }

  @Test func whatIsCutOrOfAnotherVersionIsNoStatus() throws {
    var random = testGenerator(1)
    let folder = try TemporaryFolder()
    let place = StudyFolder(path: folder.path)
    #expect(RunStatus(of: place) == nil)
    var text = JSONText()
    text.append(Self.status(&random).json)
    for length in stride(from: 0, to: text.bytes.count, by: 7) {
      try Disk.writeAtomically(Array(text.bytes.prefix(length)), to: place.status)
      #expect(RunStatus(of: place) == nil)
    }
    try Disk.writeAtomically(Array("{\"version\":2}".utf8), to: place.status)
    #expect(RunStatus(of: place) == nil)
  }
}
