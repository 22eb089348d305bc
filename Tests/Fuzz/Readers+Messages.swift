internal import Cluster
import Programs
internal import TuningTypes

extension Reader {
  /// A message between driver and worker, either way.
  static let wire = Reader(
    name: "wire",
    examples: {
      let job = Job(
        id: 17, trial: 5, bracket: 1, rung: 2, resource: 16, resumeResource: 4, attempt: 3, seed: 99,
        configuration: ["x": 0.5, "n": -64, "kind": "é", "flag": true])
      var recorder = LearningCurve.Recorder()
      recorder.append(.init(resource: 0.5, loss: 2))
      let report = TrainingReport(loss: -0.5, metrics: [.init("f1", 1)], curve: recorder.curve)
      let toWorker: [DriverMessage] = [.assign(job), .interrupt(258), .dismiss]
      let toDriver: [WorkerMessage] = [
        .ready, .result(17, report, seconds: 2), .failure(1, .failed, reason: "no"), .failure(1, .invalid, reason: ""),
        .interrupted(2), .warning("ä"), .alive,
      ]
      var messages: [[UInt8]] = []
      for message in toWorker {
        messages.append([])
        wireFormat.encode(message, into: &messages[messages.count - 1])
      }
      for message in toDriver {
        messages.append([])
        wireFormat.encode(message, into: &messages[messages.count - 1])
      }
      return messages
    }
  ) { _ in
    { bytes in
      // A message that makes no sense is this program's own fault, which has an exit code; it must only be told.
      _ = try? wireFormat.decodeWorkerMessage(bytes)
      _ = try? wireFormat.decodeDriverMessage(bytes)
    }
  }

  private static let wireFormat = WireFormat(
    layout: Configuration.Layout([
      .init(name: "x", values: []), .init(name: "n", values: []), .init(name: "kind", values: ["", "é", "a \"b\"\n"]),
      .init(name: "flag", values: [false, true]),
    ]))

  /// What a trainer program writes to its standard output.
  static let trainerOutput = Reader(
    name: "trainer-output",
    words: [
      "loss", "progress", "resource", "invalid", "failed", "job", "accuracy", "null", "NaN", "Infinity", "\u{1B}[32m",
      "\u{1B}]0;t\u{7}", "\u{FEFF}", "\r", "\u{8}", "{", "}", "[[[[[[[[", "\\u0000", "\\ud800", "1e999",
    ]
  ) { _ in
    { bytes in
      var lines = LineCutter()
      var recorder = LearningCurve.Recorder()
      let take = { (line: ArraySlice<UInt8>) in
        for metric in ["loss", "accuracy"] {
          if case .progress(let said?)? = CommandAnswer.read(line, metric: metric)?.answer {
            recorder.append(.init(resource: said.resource, loss: said.report.loss))
          }
        }
      }
      // As it may come through a pipe: in two pieces.
      lines.append(bytes[..<(bytes.count / 2)], take)
      lines.append(bytes[(bytes.count / 2)...], take)
      lines.finish(take)
      _ = recorder.curve
    }
  }
}
