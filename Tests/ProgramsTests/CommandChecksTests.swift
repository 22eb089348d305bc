import Files
import StudyFile
import TestSupport
import Testing
import Trainers
import Training

/// What is found in a command before its program is started.
@Suite struct CommandChecksTests {
  private let temporary: TemporaryFolder

  init() throws {
    temporary = try TemporaryFolder()
    for name in ["train.py", "run.sh", "code/train.py", "code/model.R"] {
      try Disk.makeFolder(Paths.folder(of: "\(temporary.path)/\(name)"))
      try Disk.writeAtomically([], to: "\(temporary.path)/\(name)")
    }
  }

  /// What a person is told of a study with this command; "" where there is nothing to tell.
  private func complaint(
    _ command: String, _ more: String = "", space: String = "rate: {type: float, min: 0, max: 1}"
  ) throws -> String {
    let yaml = """
      search_space: {\(space)}
      scheduler: {max_resource: 4}
      budget: {configurations: 4}
      trainer: {kind: command, command: \(command)\(more)}
      """
    let study = try Study(yaml: yaml, source: "study.yaml", directory: temporary.path)
    var notes: [String] = []
    do {
      _ = try TrainerCatalog.standard.plan(for: study).loadSharedData { notes.append($0) }
    } catch let error as StudyError {
      return error.description
    }
    return notes.joined(separator: "\n")
  }

  @Test(arguments: [
    ("[python3, trian.py]", "trian.py", "Did you mean 'train.py'?"),
    ("[python3, -u, trian.py, --lr, '0.1']", "trian.py", "Did you mean 'train.py'?"),
    ("[python3, -W, ignore, code/trian.py]", "code/trian.py", "Did you mean 'code/train.py'?"),
    ("[python3, training]", "training", ""),
    ("[sh, runs.sh]", "runs.sh", "Did you mean 'run.sh'?"),
    ("[env, A=1, python3, trian.py]", "trian.py", "Did you mean 'train.py'?"),
    ("[nice, '-n', '5', bash, rum.sh]", "rum.sh", "Did you mean 'run.sh'?"),
    ("[python3, elsewhere/train.py]", "elsewhere/train.py", ""),
    ("[python3, /elsewhere/train.py]", "/elsewhere/train.py", ""),
  ])
  func aScriptThatIsNotThereIsFound(command: String, script: String, suggestion: String) throws {
    let complaint = try complaint(command)
    #expect(complaint.hasPrefix("study.yaml:4: trainer.command: names the script '\(script)', which is not in "))
    #expect(suggestion.isEmpty ? !complaint.contains("Did you mean") : complaint.contains(suggestion), "\(complaint)")
  }

  @Test(arguments: [
    "[python3, train.py]", "[python3, code/train.py]", "[python3, code]", "[python3, -m, train, other.py]",
    "[python3, '-c', 'print(1)', other.py]", "[sh, '-c', 'python3 other.py']", "[sh, run.sh, --out, other.py]",
    "[python3, '{rate}']", "[python3, '{rate}.py']", "[env, docker, run, image, python3, /app/train.py]",
    "[env, -C, code, python3, model.py]", "[sh, ls]", "[env, ls, other.py]", "[ls, other.py]", "[python3]",
  ])
  func whatMayBeRightIsNoFault(command: String) throws { #expect(try complaint(command) == "") }

  @Test func aScriptIsLookedForWhereTheProgramRuns() throws {
    #expect(try complaint("[python3, train.py]", ", directory: code") == "")
    #expect(try complaint("[python3, run.sh]", ", directory: code").contains("is not in \(temporary.path)/code"))
  }

  private static let space =
    "rate: {type: float, min: 0, max: 1}, units: {type: int, min: 1, max: 9}, decay: {type: float, min: 0, max: 1}"

  @Test func aHyperparameterThatIsNotPassedOnIsToldOf() throws {
    let one = try complaint("[sh, run.sh, '{rate}', '--units={units}']", space: Self.space)
    #expect(
      one
        == "study.yaml:4: trainer.command: does not pass 'decay' to the program, only other hyperparameters. "
        + "Add {decay}, or read the variable ASH_CONFIGURATION in the program.")
    let two = try complaint("[sh, run.sh, '{rate}']", space: Self.space)
    #expect(two.contains("does not pass 'units', 'decay' to") && two.contains("Add {units}, {decay}, or"), "\(two)")
  }

  @Test func aProgramThatGetsNoneOrAllByArgumentsIsNoFault() throws {
    #expect(try complaint("[sh, run.sh]", space: Self.space) == "")
    #expect(try complaint("[sh, run.sh, '{resource}', '{seed}']", space: Self.space) == "")
    #expect(try complaint("[sh, run.sh, '{rate}', '{units}', '{decay}']", space: Self.space) == "")
    #expect(try complaint("[sh, run.sh]", ", protocol: serve", space: Self.space) == "")
  }

  /// Which of them there are tells the program what the condition was.
  @Test func aHyperparameterThatIsACondition() throws {
    let space =
      "rate: {type: float, min: 0, max: 1}, kind: {type: categorical, values: [a, b]}, "
      + "momentum: {type: float, min: 0, max: 1, when: {kind: a}}"
    #expect(try complaint("[sh, run.sh, '{rate}', '{momentum}']", space: space) == "")
  }
}
