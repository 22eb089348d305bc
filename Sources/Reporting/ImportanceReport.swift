internal import Importance
public import Journal
public import SearchSpace
public import Text
package import TuningTypes

/// Which hyperparameters decide, at each resource of a study's ladder; see `HyperparameterImportance`.
///
/// Trials of all brackets that have reached a resource count together: they had the same training.
public struct ImportanceReport {
  /// What is known at one resource.
  private struct Rung {
    let number: Int
    let resource: Resource
    let trials: Int
    /// Too few trials for more than chance.
    let isUncertain: Bool
    let entries: [HyperparameterImportance.Entry]
  }

  private let rungs: [Rung]

  /// Reads a journal, be its study over or not.
  ///
  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  public init(journal: JournalReader, space: SearchSpace) throws {
    self.init(try StudyHistory(journal, in: space, keeping: .configurations), space: space)
  }

  /// - Parameter history: keeps configurations.
  package init(_ history: StudyHistory, space: SearchSpace) {
    var losses: [Resource: [TrialID: Loss]] = [:]
    for job in history.jobs where job.status == .completed { losses[job.resource, default: [:]][job.trial] = job.loss }
    for trial in history.trials {
      for passed in history.passedBackwards(of: trial) { losses[passed.resource, default: [:]][trial.id] = passed.loss }
    }
    let importance = HyperparameterImportance(space: space)
    rungs = losses.sorted { $0.key < $1.key }.enumerated().map { number, rung in
      let trials = rung.value.sorted { $0.key < $1.key }.compactMap { trial, loss in
        history.configuration(of: trial).map { (configuration: $0, loss: loss) }
      }
      return Rung(
        number: number, resource: rung.key, trials: trials.count,
        isUncertain: !importance.isCertain(trials: trials.count),
        entries: importance.entries(of: trials))
    }
  }

  private func rungs(_ only: Int?) -> [Rung] { rungs.filter { only == nil || $0.number == only } }

  /// The hyperparameters that decide most at one resource.
  package struct Most {
    package let resource: Resource
    package let trials: Int
    package let shares: [(name: String, share: Double)]
  }

  /// The most important hyperparameters at the lowest resource, where trials were not selected yet; nil where there are too few
  /// trials to be sure.
  package func mostImportant(_ count: Int) -> Most? {
    guard let rung = rungs.first, !rung.isUncertain, rung.entries.count > 1 else { return nil }
    let sorted = rung.entries.enumerated().sorted { ($1.element.share, $0.offset) < ($0.element.share, $1.offset) }
    return Most(
      resource: rung.resource, trials: rung.trials,
      shares: sorted.prefix(count).map { ($0.element.name, $0.element.share) })
  }

  /// How many resources have results.
  public var rungCount: Int { rungs.count }

  /// A table for people: a hyperparameter a row, a rung a column.
  ///
  /// - Parameters:
  ///   - rung: the only one to show; nil shows all.
  ///   - resourceUnit: the name of a unit of resource, in the plural.
  public func text(rung only: Int?, resourceUnit: String) -> String {
    let shown = rungs(only)
    guard let first = shown.first else { return "No trial has a result yet.\n" }
    var table = TextTable(header: ["rung"] + shown.map { "\($0.number)" })
    table.add([resourceUnit] + shown.map { "\($0.resource)" })
    table.add(["trials"] + shown.map { "\($0.trials)" })
    for index in first.entries.indices {
      let cells = shown.map { rung in
        let share = Wording.percent(rung.entries[index].share)
        return rung.isUncertain ? "(\(share))" : share
      }
      table.add([first.entries[index].name] + cells)
    }
    var lines = ["What decides whether a trial is among the best tenth of its rung:", ""] + table.lines
    if shown.contains(where: \.isUncertain) {
      lines += ["", "In brackets: fewer than 50 trials, too few to be sure."]
    }
    if shown.count > 1 {
      lines += ["", "Higher rungs hold only promoted trials: what was decided below no longer varies there."]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same for programs: `{"rungs":[{"rung":0,"resource":1,"trials":…,"uncertain":…,"importance":{…}}]}`.
  public func json(rung only: Int?) -> JSONValue {
    return .object([
      .init(
        "rungs",
        .array(
          rungs(only).map { rung in
            .object([
              .init("rung", .integer(rung.number)), .init("resource", .integer(rung.resource.rawValue)),
              .init("trials", .integer(rung.trials)), .init("uncertain", .flag(rung.isUncertain)),
              .init("importance", .object(rung.entries.map { .init($0.name, .number($0.share)) })),
            ])
          }))
    ])
  }
}
