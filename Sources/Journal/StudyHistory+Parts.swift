package import Search
package import TuningTypes

// What a study's history is made of. Only ``StudyHistory`` changes it.

extension StudyHistory {
  /// A rung of a bracket.
  package struct RungKey: Hashable, Comparable, Sendable {
    package var bracket: BracketIndex
    package var rung: RungIndex

    package init(bracket: BracketIndex, rung: RungIndex) { (self.bracket, self.rung) = (bracket, rung) }

    package static func < (a: RungKey, b: RungKey) -> Bool { (a.bracket, a.rung) < (b.bracket, b.rung) }
  }

  /// What happened between a start of the study's program and its end.
  package struct Run: Sendable {
    /// Seconds since the study began.
    package let start: Double
    package let workers: Int
    package internal(set) var site: RunSite
  }

  package struct Rung: Sendable {
    package var resource: Resource
    /// The losses of the trials that have completed it, in the order of their coming.
    package var losses: [Loss] = []
    package var promoted = 0
    package var failed = 0
  }

  package struct Trial: Sendable {
    package let id: TrialID
    package let bracket: BracketIndex
    package internal(set) var isInvalid = false
    /// A job of it has failed for good.
    package internal(set) var hasFailed = false
    /// What it was trained to last.
    package internal(set) var resource: Resource = 0
    /// The last of its jobs; -1 where it has none.
    var lastJob: Int32 = -1
    /// The last rung that it has passed while it trained; -1 where it has passed none.
    var lastPassed: Int32 = -1
    /// How many rungs it has completed.
    package internal(set) var completedRungs: Int32 = 0
    /// The highest rung that it has trained for.
    var highestRung: Int32 = 0
  }

  /// What a trial reported at a rung while its job trained on.
  package struct PassedRung: Sendable {
    package let job: JobID
    package let rung: RungIndex
    package let resource: Resource
    package let loss: Loss
    /// Seconds since the study began.
    package let time: Double
    /// The one of the trial before it; -1 where there is none.
    let previous: Int32
  }

  package struct Job: Sendable {
    package let id: JobID
    /// What the job was to train to, and of one that has ended, what its result is of.
    package internal(set) var resource: Resource
    private var number: (trial: Int32, bracket: Int32, rung: Int32, worker: Int32, attempt: Int32)
    /// The one of the trial before it; -1 where there is none.
    let previous: Int32
    /// Seconds since the study began.
    package internal(set) var start: Double
    private var ended = Double.nan
    private var duration = Double.nan
    package internal(set) var loss: Loss = .diverged
    package internal(set) var status = Status.running

    /// How a job ended.
    package enum Status: String, Sendable { case completed, failed, invalid, running }

    init(_ job: TuningTypes.Job, worker: WorkerID, time: Double, after previous: Int32) {
      (id, resource, start, self.previous) = (job.id, job.resource, time, previous)
      number = (
        Int32(clamping: job.trial.rawValue), Int32(clamping: job.bracket.rawValue), Int32(clamping: job.rung.rawValue),
        Int32(clamping: worker.rawValue), Int32(clamping: job.attempt)
      )
    }

    /// The same job goes out again: one that was in flight when the study stopped, or that failed.
    mutating func begin(again job: TuningTypes.Job, worker: WorkerID, time: Double) {
      start = time
      number.worker = Int32(clamping: worker.rawValue)
      number.attempt = Int32(clamping: job.attempt)
    }

    package var trial: TrialID { TrialID(Int(number.trial)) }
    package var key: RungKey { RungKey(bracket: BracketIndex(Int(number.bracket)), rung: rung) }
    package internal(set) var rung: RungIndex {
      get { RungIndex(Int(number.rung)) }
      set { number.rung = Int32(clamping: newValue.rawValue) }
    }
    /// It has lost at the last rung that its trial passed, and was told to stop.
    var isStopped = false
    /// A worker has it.
    var isOut = false
    /// It is in the list of the jobs that are out.
    var isListed = false
    package var worker: WorkerID { WorkerID(Int(number.worker)) }
    package var attempt: Int { Int(number.attempt) }

    /// When it ended, in seconds of the study.
    package internal(set) var end: Double? {
      get { ended.isNaN ? nil : ended }
      set { ended = newValue ?? .nan }
    }

    /// How long it took.
    package internal(set) var seconds: Double? {
      get { duration.isNaN ? nil : duration }
      set { duration = newValue ?? .nan }
    }
  }

  /// What a job has said.
  package struct Report: Sendable {
    package var metrics: [TrainingReport.Metric] = []
    package var curve = LearningCurve()
    /// Why it failed.
    package var reason: String?
  }
}
