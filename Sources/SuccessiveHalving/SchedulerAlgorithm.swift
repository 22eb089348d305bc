/// A scheduler that a study can name, and all that the rest of the program has to know about it.
///
/// Each is declared in the file of its scheduler and listed in ``allCases``. No other code tells one from another: it reads
/// what is here.
public struct SchedulerAlgorithm: Sendable {
  /// Its name in study files and journals.
  public let name: String
  /// The keys of a study file that it has besides those of every scheduler, in the order of a journal's header.
  public internal(set) var options: [SchedulerOption] = []
  /// When it can promote; the first is the default.
  public internal(set) var promotions: [PromotionRule] = [.eager]

  /// Whether a trial runs on, on its worker, until it is stopped.
  public internal(set) var isStoppingType = false
  /// Whether rungs have to be finished, so that how many configurations there are decides who is promoted.
  public internal(set) var isSynchronous = false
  /// Whether configurations are trained to R at once.
  public internal(set) var usesTopAlone = false
  /// Whether the ladder may go without a maximum resource.
  public internal(set) var canDoWithoutTop = false
  /// Whether it must know how many configurations there are: its rung 0 gets so many.
  public internal(set) var needsConfigurations = false
  /// Whether its configurations are the points of a grid.
  public internal(set) var needsGrid = false
  /// Whether a status report shows the loss that a trial of a rung must not exceed to be promoted at this moment.
  public internal(set) var showsThreshold = false

  /// Whether what `shares` and `survivors` expect is the most that there can be: how early it stops, only losses can tell.
  package internal(set) var expectsAtMost = false
  /// About how many of a study's so many configurations start in each bracket of a loop.
  package internal(set) var shares: @Sendable (SchedulerSpecification, Int) -> [BracketShare] = { [.init(rest: $1)] }
  /// About how many of so many trials in a rung go on to the rung above.
  package internal(set) var survivors: @Sendable (SchedulerSpecification, Int) -> Int = {
    $1 / $0.ladder.reductionFactor
  }

  /// The ladders of the brackets in the order of a loop.
  var ladders: @Sendable (SchedulerSpecification) -> [LadderSpecification] = { [$0.ladder] }
  /// Checks what it alone asks of a ladder.
  var check: @Sendable (SchedulerSpecification) throws(SchedulerError) -> Void = { _ in }
  /// Checks the options, and fills in the defaults.
  var complete: @Sendable (inout SchedulerSpecification) throws(SchedulerError) -> Void = { _ in }
  /// Makes a scheduler that has not begun.
  let make: @Sendable (SchedulerSpecification) -> any TrialScheduler
}

/// How many of a study's configurations start in a bracket: so many times its size, and a rest.
package struct BracketShare: Sendable {
  package var times = 0
  package var size = 0
  package var rest: Int
}

extension SchedulerAlgorithm {
  /// The scheduler of that name, or nil where there is none.
  public init?(named name: String) {
    guard let algorithm = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = algorithm
  }

  /// The names by which a study file can choose, in the order in which they are best shown.
  public static var names: [String] { allCases.map(\.name) }

  /// The options of all schedulers, each once: first those of schedulers that pause trials, then of those that stop them.
  public static var allOptions: [SchedulerOption] {
    var options: [SchedulerOption] = []
    for algorithm in allCases.filter({ !$0.isStoppingType }) + allCases.filter(\.isStoppingType) {
      options += algorithm.options.filter { !options.contains($0) }
    }
    return options
  }
}

// By name: no two have the same.
extension SchedulerAlgorithm: Hashable, CustomStringConvertible {
  public static func == (a: SchedulerAlgorithm, b: SchedulerAlgorithm) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  public var description: String { name }
}
