internal import Files
internal import Search
internal import SearchSpace
internal import SuccessiveHalving
internal import TuningTypes

extension Study {
  static let topLevelKeys = [
    "name", "seed", "objective", "search_space", "scheduler", "sampler", "budget", "retries", failureLimitKey,
    "start_with", learnFromKey, "worker", checkpointsKey, "trainer", directoryKey,
  ]

  /// After how many failed jobs a study ends in which none has succeeded.
  package static let failureLimitKey = "stop_after_failures"

  /// Which checkpoints are kept.
  package static let checkpointsKey = "checkpoints"

  /// Reads a study.
  ///
  /// - Parameters:
  ///   - text: the study file's YAML.
  ///   - source: what messages call it, usually its path.
  ///   - directory: the folder that relative paths start from.
  ///   - overrides: `key=value` pairs that replace values of the file; the key is a path such as `budget.time`.
  /// - Throws: ``StudyError`` for the first thing that is wrong.
  public init(yaml text: String, source: String, directory: String, overrides: [String] = []) throws(StudyError) {
    var document = try StudyValue.parse(text, source: source)
    for override in overrides {
      let option = "--set \(override)"
      guard let (path, text) = Self.parts(ofOverride: override) else {
        throw StudyError(
          source: option, problem: "expected key=value", advice: "Write for example --set budget.configurations=64.")
      }
      let value: StudyValue
      do {
        value = try StudyValue.parse(text, source: option)
      } catch {
        throw StudyError(source: option, problem: error.problem, advice: error.advice)
      }
      document = document.setting(path[...], to: value.withoutLines, option: option)
    }
    let top = try StudySection(document, source: source, directory: directory, path: "")
    let base = try top.text(Self.directoryKey).map { $0.hasPrefix("/") ? $0 : Self.path($0, from: directory) }
    try self.init(
      StudySection(document, source: source, directory: base ?? directory, path: ""), overrides: overrides)
  }

  /// A path from a folder on, `.` and `..` taken out.
  private static func path(_ path: String, from folder: String) -> String {
    (try? Paths.absolute("\(folder)/\(path)")) ?? "\(folder)/\(path)"
  }

  /// Whether a text has the form of an override: `key=value`, the key with dots between its parts.
  public static func isOverride(_ text: String) -> Bool { parts(ofOverride: text) != nil }

  /// The parts of an override's key, which stand in quotation marks where they have dots themselves, and its value.
  private static func parts(ofOverride text: String) -> (path: [String], value: String)? {
    var path: [String] = []
    var part = ""
    var isQuoted = false
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "\"": isQuoted.toggle()
      case "." where !isQuoted:
        path.append(part)
        part = ""
      case "=" where !isQuoted:
        path.append(part)
        return path.contains("") || rest.allSatisfy(\.isWhitespace) ? nil : (path, String(rest))
      default: part.append(character)
      }
    }
    return nil
  }

  /// The same study as the first versions of this program read it: with repetition in a finite space, and so perhaps with more
  /// configurations.
  package func repeatingConfigurations() throws(StudyError) -> Study {
    try Study(document, overrides: overrides, mayRepeat: true)
  }

  init(_ top: StudySection, overrides: [String], mayRepeat: Bool = false, earlier: [EarlierStudy] = [])
    throws(StudyError)
  {
    self.overrides = overrides
    try top.allow(Self.topLevelKeys)
    document = top
    name = try top.text("name") ?? "study"
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) else {
      throw top.error("name", "is '\(name)'", "Use letters, digits, '-', '_' and '.'; it becomes a folder's name.")
    }
    let seed = try top.unsigned("seed") ?? 0
    let retries = try top.integer("retries", in: 0...1000) ?? 2
    let failureLimit = try FailureLimit(top)
    let checkpoints = try CheckpointRule(section: try top.section(Self.checkpointsKey))
    let objective = try Objective(section: try top.section("objective"))

    guard let spaceSection = try top.section("search_space") else {
      throw top.missing("search_space", "Name the hyperparameters: search_space: {learning_rate: {type: float, …}}.")
    }
    let space = try SearchSpace(section: spaceSection)

    let budget = try SearchBudget(section: try top.section("budget"))
    var sampler = try SamplerSpecification(section: try top.section("sampler"), space: space)
    learnFrom = try Self.learnFrom(top)
    let given = try Self.startWith(top, in: space, seed: seed)
    let (startWith, learned) = Self.beginning(with: given, and: earlier, in: space)

    worker = try WorkerSpecification(section: try top.section("worker"))

    guard let trainer = try top.section("trainer") else {
      throw top.missing(
        "trainer", "Say what trains a configuration: trainer: {kind: mlp, dataset: data.csv, target: y}.")
    }
    self.trainer = trainer

    let schedulerSection = try top.section("scheduler")
    if try schedulerSection?.schedulerAlgorithm()?.needsGrid == true {
      switch sampler {
      case .grid: break
      case .random where !top.has("sampler"): sampler = .grid(levels: [:], default: nil, isShuffled: true)
      default:
        throw top.error("sampler", "is not a grid, but the scheduler is", "Use sampler: {kind: grid, levels: …}.")
      }
    }
    let limit: Int?
    do {
      let sampler = try sampler.makeSampler(over: space, seed: seed, startWith: startWith, mayRepeat: mayRepeat)
      limit = budget.configurationLimit(startWith: startWith, sampler: sampler)
    } catch {
      throw spaceSection.error(for: error, fallback: top, fallbackKey: top.has("sampler") ? "sampler" : nil)
    }
    let scheduler = try SchedulerSpecification(
      section: schedulerSection, budget: try top.section("budget"), top: top, configurations: limit,
      samplerLearns: sampler.learns)
    guard limit != nil || budget.time != nil else {
      throw top.error(
        top.has("budget") ? "budget" : nil, "nothing ends this study",
        "Give a budget: {configurations: 256} or {time: 30m}.")
    }
    plan = SearchPlan(
      seed: seed, objective: objective, space: space, sampler: sampler, scheduler: scheduler, budget: budget,
      retries: retries, failureLimit: failureLimit, startWith: startWith, checkpoints: checkpoints,
      mayRepeatConfigurations: mayRepeat)
    plan.earlier = learned
  }

  /// The configurations that are tried first, each once.
  private static func startWith(_ top: StudySection, in space: SearchSpace, seed: UInt64) throws(StudyError)
    -> [Configuration]
  {
    var startWith: [Configuration] = []
    var places: [Configuration: Int] = [:]
    for section in try top.sections("start_with") ?? [] {
      let configuration = try Configuration(section: section, space: space, seed: seed, number: startWith.count)
      if let first = places.updateValue(startWith.count, forKey: configuration) {
        throw section.error(nil, "is the same configuration as start_with[\(first)]", "Keep one of the two.")
      }
      startWith.append(configuration)
    }
    return startWith
  }
}

extension StudyValue {
  /// Without line numbers, which would belong to another text.
  var withoutLines: StudyValue {
    switch self {
    case .scalar(var scalar):
      scalar.line = nil
      return .scalar(scalar)
    case .sequence(let values, _): return .sequence(values.map(\.withoutLines), line: nil)
    case .mapping(let entries, _):
      return .mapping(
        entries.map { Entry(key: $0.key, keyLine: nil, value: $0.value.withoutLines) }, line: nil)
    }
  }
}

extension Objective {
  fileprivate init(section: StudySection?) throws(StudyError) {
    let standard = Objective()
    guard let section else {
      self = standard
      return
    }
    try section.allow(["metric", "mode"])
    self.init(
      metric: try section.text("metric") ?? standard.metric,
      mode: try section.choice("mode", Mode.allCases.map(\.rawValue)).flatMap(Mode.init) ?? standard.mode)
  }
}

extension FailureLimit {
  fileprivate init(_ top: StudySection) throws(StudyError) {
    let key = Study.failureLimitKey
    guard let text = try top.text(key) else {
      self = .workers
      return
    }
    if text == "never" {
      self = .never
    } else if let count = Int(text), count > 0 {
      self = .count(count)
    } else {
      throw top.error(key, "is '\(text)'", "Give a number of failed jobs, at least 1, or never.")
    }
  }
}

extension CheckpointRule {
  fileprivate init(section: StudySection?) throws(StudyError) {
    self = .promotable
    guard let section else { return }
    let key = "keep"
    try section.allow([key])
    guard let text = try section.text(key) else { return }
    guard let rule = Self(text) else {
      let nearest = Int(text) != nil ? "best \(text)" : nearestName(to: text, among: ["promotable", "all"])
      let advice = nearest.flatMap(Self.init).map { "Did you mean '\($0)'? " } ?? ""
      throw section.error(
        key, "is '\(text)'", "\(advice)Choose one of: promotable, all, best N (such as best 5, and N at least 1).")
    }
    self = rule
  }
}

extension SearchBudget {
  fileprivate init(section: StudySection?) throws(StudyError) {
    self.init()
    guard let section else { return }
    try section.allow(["configurations", "time", "target"])
    configurations = try section.integer("configurations", in: 1...Int.max)
    time = try section.duration("time")
    target = try section.number("target")
  }
}

extension SamplerSpecification {
  fileprivate init(section: StudySection?, space: SearchSpace) throws(StudyError) {
    self = .random
    guard let section else { return }
    let kind = try section.choice("kind", Self.names) ?? "random"
    switch kind {
    case "grid":
      try section.allow(["kind", "levels", "order"])
      self = try Self.grid(section: section, space: space)
    case "kde": self = .kde(try KernelDensityOptions(section: section))
    case "gp": self = .gp(try GaussianProcessOptions(section: section))
    case "auto":
      try section.allow(["kind"])
      self = .auto
    default:
      try section.allow(["kind"])
      self = kind == "sobol" ? .sobol : .random
    }
  }

  /// `levels: 4` for every parameter, or `levels: {learning_rate: 4, units: 3}`.
  private static func grid(section: StudySection, space: SearchSpace) throws(StudyError) -> Self {
    let isShuffled = try section.choice("order", ["shuffled", "declared"]) != "declared"
    guard section.has("levels") else { return .grid(levels: [:], default: nil, isShuffled: isShuffled) }
    if case .scalar = section.value("levels") {
      return .grid(
        levels: [:], default: try section.integer("levels", in: 1...1_000_000), isShuffled: isShuffled)
    }
    guard let named = try section.section("levels") else {
      return .grid(levels: [:], default: nil, isShuffled: isShuffled)
    }
    try named.allow(space.parameters.map(\.name) + ["default"])
    var levels: [String: Int] = [:]
    var defaultLevels: Int?
    for key in named.keys {
      let count = try named.integer(key, in: 1...1_000_000)
      if key == "default", !space.parameters.contains(where: { $0.name == "default" }) {
        defaultLevels = count
      } else {
        levels[key] = count
      }
    }
    return .grid(levels: levels, default: defaultLevels, isShuffled: isShuffled)
  }
}
