internal import StudyFile
internal import SuccessiveHalving
internal import Tables
internal import Trees
internal import TuningTypes

/// The hyperparameters of trees, under the names that XGBoost gives them.
struct TreeHyperparameters: FamilyHyperparameters {
  typealias Family = TreeTrainer

  static let modelName = "a model of trees"
  static let sectionKeys = ["forest"]
  static let missingPolicies: [DataSetOptions.Missing] = [.keep, .error, .mean, .drop]
  static let repeatsRecords = false
  static let wantsStandardizedNumbers = false
  static let usesThreads = false
  static let groups = [
    ["max_depth", "max_leaves", "grow_policy", "tree_method", "colsample_bynode"], ["booster"],
  ]
  static let dependentNames: [String] = []

  let unit: ResourceUnit
  private var trees = TreeConfiguration()

  private static let everyModels = [
    "max_depth", "max_leaves", "grow_policy", "min_child_weight", "gamma", "subsample", "colsample_bytree",
    "colsample_bylevel", "colsample_bynode", "reg_lambda", "reg_alpha", "max_bin", "tree_method", "scale_pos_weight",
  ]
  /// A forest grows one tree at a time, none of them on what others leave over.
  private static let boosted = [
    "learning_rate", "booster", "num_parallel_tree", "rate_drop", "skip_drop", "one_drop", "sample_type",
    "normalize_type",
  ]

  var names: [String] {
    if trees.isForest { return Self.everyModels }
    return Self.boosted + Self.everyModels + (unit == .records ? ["rounds"] : [])
  }

  init(_ section: StudySection, ladder: LadderSpecification) throws(StudyError) {
    trees.isForest = try section.flag("forest") ?? false
    unit = try Self.unit(of: section, among: trees.isForest ? [.trees] : [.rounds, .records])
  }

  mutating func set(_ name: String, _ value: ParameterValue) throws(ConfigurationError) {
    switch name {
    case "rounds": trees.rounds = try whole(name, value)
    case "num_parallel_tree": trees.parallelTrees = try whole(name, value)
    case "learning_rate": trees.learningRate = try number(name, value)
    case "max_depth": trees.maxDepth = try whole(name, value)
    case "max_leaves": trees.maxLeaves = try whole(name, value)
    case "grow_policy": trees.growPolicy = try choice(name, value)
    case "min_child_weight": trees.minChildWeight = try number(name, value)
    case "gamma": trees.gamma = try number(name, value)
    case "subsample": trees.subsample = try number(name, value)
    case "colsample_bytree": trees.columnsByTree = try number(name, value)
    case "colsample_bylevel": trees.columnsByLevel = try number(name, value)
    case "colsample_bynode": trees.columnsByNode = try number(name, value)
    case "reg_lambda": trees.l2 = try number(name, value)
    case "reg_alpha": trees.l1 = try number(name, value)
    case "max_bin": trees.maxBins = try whole(name, value)
    case "tree_method": trees.treeMethod = try choice(name, value)
    case "booster": trees.booster = try choice(name, value)
    case "scale_pos_weight": trees.positiveWeight = try number(name, value)
    case "rate_drop": trees.dropRate = try number(name, value)
    case "skip_drop": trees.skipRate = try number(name, value)
    case "one_drop": trees.dropsOne = try flag(name, value)
    case "sample_type": trees.sampleType = try choice(name, value)
    case "normalize_type": trees.normalizeType = try choice(name, value)
    default: return
    }
  }

  func configuration() throws(ConfigurationError) -> TreeConfiguration {
    try trees.validate()
    return trees
  }
}
