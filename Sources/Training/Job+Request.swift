internal import StudyFile
public import Text
public import TuningTypes

/// A job as programs of any language get it.
extension Job {
  /// The seed as text: all 64 bits of it do not fit a JSON number.
  package var seedInstruction: [JSONValue.Member] { [.init("seed", .text(String(seed)))] }

  /// The seed in 31 bits, which every library and every C `int` takes.
  public var programSeed: UInt64 { seed >> 33 }

  /// The seed that a program is told, for whoever trains the job by hand.
  public var programSeedInstruction: JSONValue.Member { .init("seed", .integer(Int(programSeed))) }

  /// The line that a serving program is sent, and that `ask` prints, with its end.
  ///
  /// - Parameters:
  ///   - resumeResource: what the checkpoint holds.
  ///   - checkpoint: the path of the trial's folder.
  ///   - namesAttempt: whether the line says which try of the job it is.
  public func request(resumeResource: Resource, checkpoint: String, namesAttempt: Bool = false) -> [UInt8] {
    var text = JSONText()
    text.append(raw: "{\"job\":")
    text.append(id.rawValue)
    if namesAttempt {
      text.append(raw: ",\"attempt\":")
      text.append(attempt)
    }
    text.append(raw: ",\"trial\":")
    text.append(trial.rawValue)
    text.append(raw: ",\"rung\":")
    text.append(rung.rawValue)
    text.append(raw: ",\"resource\":")
    text.append(resource.rawValue)
    text.append(raw: ",\"resume_resource\":")
    text.append(resumeResource.rawValue)
    text.append(raw: ",\"configuration\":")
    text.append(configuration)
    text.append(raw: ",\"checkpoint\":")
    text.append(checkpoint)
    text.append(raw: ",\"seed\":")
    text.append(programSeed)
    text.append(raw: "}\n")
    return text.bytes
  }
}
