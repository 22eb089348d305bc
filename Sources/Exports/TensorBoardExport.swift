internal import Search
internal import SearchSpace
internal import StudyFile
internal import TuningTypes

/// The study as a folder that TensorBoard opens: a run a trial with its losses, and the table of hyperparameters.
///
/// The messages are those of `tensorflow/core/util/event.proto` and of TensorBoard's `plugins/hparams/{api,plugin_data}.proto`.
public struct TensorBoardExport {
  private let record: StudyRecord
  private let trials: [StudyRecord.Trial]
  private let metric: String

  /// - Parameter limit: how many trials at most, those that went furthest: each is a folder.
  public init(_ record: StudyRecord, limit: Int) {
    self.record = record
    trials = record.best(limit)
    metric = record.study.plan.objective.metric
  }

  /// How many trials of the study are in it.
  public var trialCount: Int { trials.count }

  public var files: [ExportedFile] {
    let name = "events.out.tfevents.\(Int(record.timestamp(0))).ash-mpi"
    return [ExportedFile(name, experiment)]
      + trials.map { trial in
        let digits = "\(trial.id)"
        let number = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return ExportedFile("trial-\(number)/\(name)", run(trial))
      }
  }

  // MARK: Files

  private var experiment: [UInt8] {
    var file = begin(at: record.timestamp(0))
    file.append(
      event(at: record.timestamp(0), step: 0) { summary in
        plugin("_hparams_/experiment", in: &summary) { data in
          data.put(2) { experiment in
            experiment.put(6, text: record.study.name)
            experiment.put(3, double: record.timestamp(0))
            for parameter in record.study.plan.space.parameters {
              experiment.put(4) { Self.describe(parameter, in: &$0) }
            }
            for tag in [metric, "best/\(metric)"] {
              experiment.put(5) { info in
                info.put(1) { $0.put(2, text: tag) }
                info.put(3, text: tag)
                // DATASET_VALIDATION
                info.put(5, integer: 2)
              }
            }
          }
        }
      })
    return file.bytes
  }

  private func run(_ trial: StudyRecord.Trial) -> [UInt8] {
    let start = record.timestamp(trial.jobs.first?.start ?? 0)
    var file = begin(at: start)
    file.append(
      event(at: start, step: 0) { summary in
        plugin("_hparams_/session_start_info", in: &summary) { data in
          data.put(3) { session in
            for entry in trial.configuration.entries {
              session.put(1) { pair in
                pair.put(1, text: entry.name)
                pair.put(2) { put(entry, in: &$0) }
              }
            }
            session.put(5, double: start)
          }
        }
      })
    var best: Loss?
    for job in trial.results {
      let time = record.timestamp(job.end ?? job.start)
      for point in job.curve.points where point.resource < Double(job.resource.rawValue) {
        guard let step = Int(exactly: point.resource) else { continue }
        file.append(scalar(record.study.plan.objective.isLoss ? metric : "loss", point.loss, at: time, step: step))
      }
      guard let loss = job.loss else { continue }
      let step = job.resource.rawValue
      file.append(scalar(metric, record.value(loss), at: time, step: step))
      for value in job.metrics where value.name != metric {
        file.append(scalar(value.name, value.value, at: time, step: step))
      }
      // The table of hyperparameters shows the last value of a tag, which need not be the best.
      best = min(best ?? loss, loss)
      if let best { file.append(scalar("best/\(metric)", record.value(best), at: time, step: step)) }
    }
    let end = record.timestamp(trial.jobs.last.map { $0.end ?? $0.start } ?? 0)
    let status = trial.isRunning ? 3 : trial.lastFinite == nil ? 2 : 1
    file.append(
      event(at: end, step: 0) { summary in
        plugin("_hparams_/session_end_info", in: &summary) { data in
          data.put(4) { session in
            session.put(1, integer: status)
            session.put(2, double: end)
          }
        }
      })
    return file.bytes
  }

  // MARK: Messages

  private func begin(at time: Double) -> RecordFile {
    var event = ProtocolBuffer()
    event.put(1, double: time)
    event.put(3, text: "brain.Event:2")
    var file = RecordFile()
    file.append(event.bytes)
    return file
  }

  private func event(at time: Double, step: Int, _ build: (inout ProtocolBuffer) -> Void) -> [UInt8] {
    var event = ProtocolBuffer()
    event.put(1, double: time)
    event.put(2, integer: step)
    event.put(5) { build(&$0) }
    return event.bytes
  }

  private func scalar(_ tag: String, _ value: Double, at time: Double, step: Int) -> [UInt8] {
    event(at: time, step: step) { summary in
      summary.put(1) { item in
        item.put(1, text: tag)
        item.put(2, float: Float(value))
      }
    }
  }

  private func plugin(
    _ tag: String, in summary: inout ProtocolBuffer, _ build: (inout ProtocolBuffer) -> Void
  ) {
    var data = ProtocolBuffer()
    build(&data)
    summary.put(1) { item in
      item.put(1, text: tag)
      // A tensor of no elements: TensorBoard wants one beside its plugins' data.
      item.put(8, bytes: [0x08, 0x01, 0x12, 0x02, 0x12, 0x00])
      item.put(9) { metadata in
        metadata.put(1) { plugin in
          plugin.put(1, text: "hparams")
          plugin.put(2, bytes: data.bytes)
        }
      }
    }
  }

  /// A hyperparameter's kind and range. One whose values are not all of one kind is text everywhere.
  private static func describe(_ parameter: Parameter, in info: inout ProtocolBuffer) {
    info.put(1, text: parameter.name)
    let interval = { (low: Double, high: Double, info: inout ProtocolBuffer) in
      info.put(4, integer: 3)
      info.put(6) { range in
        range.put(1, double: low)
        range.put(2, double: high)
      }
    }
    switch parameter.domain {
    case .float(let range): interval(range.min, range.max, &info)
    case .integer(let range): interval(Double(range.min), Double(range.max), &info)
    case .categorical(let values), .ordinal(let values):
      let kind = Kind(values)
      info.put(4, integer: kind.rawValue)
      info.put(5) { list in
        for value in values { list.put(1) { put(value, as: kind, in: &$0) } }
      }
    }
  }

  private enum Kind: Int {
    case text = 1
    case flag = 2
    case number = 3

    init(_ values: [ParameterValue]) {
      self =
        values.allSatisfy { $0.number != nil }
        ? .number
        : values.allSatisfy { if case .flag = $0 { true } else { false } } ? .flag : .text
    }
  }

  private func put(_ entry: Configuration.Entry, in message: inout ProtocolBuffer) {
    var kind = Kind([entry.value])
    switch record.study.plan.space.parameters.first(where: { $0.name == entry.name })?.domain {
    case .categorical(let values), .ordinal(let values): kind = Kind(values)
    case .float, .integer, nil: break
    }
    Self.put(entry.value, as: kind, in: &message)
  }

  /// A `google.protobuf.Value`.
  private static func put(_ value: ParameterValue, as kind: Kind, in message: inout ProtocolBuffer) {
    switch (kind, value) {
    case (.number, _): message.put(2, double: value.number ?? .nan)
    case (.flag, .flag(let flag)): message.put(4, integer: flag ? 1 : 0)
    default: message.put(3, text: value.description)
    }
  }
}
