public import Tables

/// How trees are grown: everything but the data and the seed. Names, meanings and defaults are XGBoost's.
public struct TreeConfiguration: Hashable, Codable, Sendable {
  /// Which split of a tree is made next.
  public enum GrowPolicy: String, Hashable, Codable, Sendable, CaseIterable { case depthwise, lossguide }

  public enum Booster: String, Hashable, Codable, Sendable, CaseIterable {
    case gbtree
    /// Trees that are dropped at random while others are grown: Rashmi and Gilad-Bachrach, arXiv 1505.01866.
    case dart
  }

  /// How splits are found.
  public enum TreeMethod: String, Hashable, Codable, Sendable, CaseIterable { case hist, approx, exact }

  /// Which trees dart drops: each as likely, or by their weights.
  public enum SampleType: String, Hashable, Codable, Sendable, CaseIterable { case uniform, weighted }

  /// How dart weighs a new tree: as one of those dropped, or as all of them.
  public enum NormalizeType: String, Hashable, Codable, Sendable, CaseIterable { case tree, forest }

  /// A random forest: every tree is grown at the base score, and the forest says the mean of its trees.
  public var isForest = false
  /// Boosting rounds where a unit of resource is a training record.
  public var rounds = 100
  /// Trees grown in one boosting round.
  public var parallelTrees = 1
  /// η, above 0. A forest has none.
  public var learningRate = 0.3
  /// 0: without limit; then there has to be one of ``maxLeaves``.
  public var maxDepth = 6
  /// 0: without limit.
  public var maxLeaves = 0
  public var growPolicy = GrowPolicy.depthwise
  /// The least sum of second derivatives in a leaf.
  public var minChildWeight = 1.0
  /// The least gain of a split, γ.
  public var gamma = 0.0
  /// The share of the training rows that a tree sees, in (0, 1].
  public var subsample = 1.0
  /// The share of the features that a tree, a level of it, a split of it sees, in (0, 1].
  public var columnsByTree = 1.0
  public var columnsByLevel = 1.0
  public var columnsByNode = 1.0
  /// λ.
  public var l2 = 1.0
  /// α.
  public var l1 = 0.0
  public var maxBins = 256
  public var treeMethod = TreeMethod.hist
  public var booster = Booster.gbtree
  /// How much rows of the second of two classes count.
  public var positiveWeight = 1.0
  /// Dart: the share of the trees that is dropped, and the probability that none is.
  public var dropRate = 0.0
  public var skipRate = 0.0
  /// Dart: at least one tree is dropped.
  public var dropsOne = false
  public var sampleType = SampleType.uniform
  public var normalizeType = NormalizeType.tree

  /// XGBoost's defaults.
  public init() {}
}

extension TreeConfiguration {
  /// Checks every value.
  ///
  /// - Throws: ``ConfigurationError`` with the key, its value and the rule.
  public func validate() throws(ConfigurationError) {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ rule: String) throws(ConfigurationError) {
      if !holds { throw ConfigurationError(key: key, value: "\(value)", rule: rule) }
    }
    try check((1...1_000_000).contains(rounds), "rounds", rounds, "a whole number from 1 to 1000000")
    try check(
      (1...10_000).contains(parallelTrees), "num_parallel_tree", parallelTrees, "a whole number from 1 to 10000")
    try check(learningRate > 0 && learningRate.isFinite, "learning_rate", learningRate, "above 0")
    try check((0...29).contains(maxDepth), "max_depth", maxDepth, "a whole number from 0 (no limit) to 29")
    try check((0...65536).contains(maxLeaves), "max_leaves", maxLeaves, "a whole number from 0 (no limit) to 65536")
    try check(maxDepth > 0 || maxLeaves > 0, "max_depth", maxDepth, "above 0 where max_leaves is 0")
    if treeMethod == .exact {
      try check(growPolicy == .depthwise, "grow_policy", growPolicy.rawValue, "depthwise where tree_method is exact")
      try check(maxLeaves == 0, "max_leaves", maxLeaves, "0 where tree_method is exact")
      try check(columnsByNode == 1, "colsample_bynode", columnsByNode, "1 where tree_method is exact")
    }
    for (key, value) in [
      ("min_child_weight", minChildWeight), ("gamma", gamma), ("reg_lambda", l2), ("reg_alpha", l1),
    ] {
      try check(value >= 0 && value.isFinite, key, value, "0 or above")
    }
    for (key, value) in [
      ("subsample", subsample), ("colsample_bytree", columnsByTree), ("colsample_bylevel", columnsByLevel),
      ("colsample_bynode", columnsByNode),
    ] {
      try check(value > 0 && value <= 1, key, value, "above 0 and at most 1")
    }
    try check((2...65536).contains(maxBins), "max_bin", maxBins, "a whole number from 2 to 65536")
    try check(positiveWeight > 0 && positiveWeight.isFinite, "scale_pos_weight", positiveWeight, "above 0")
    try check(dropRate >= 0 && dropRate <= 1, "rate_drop", dropRate, "from 0 to 1")
    try check(skipRate >= 0 && skipRate <= 1, "skip_drop", skipRate, "from 0 to 1")
    try check(!isForest || booster == .gbtree, "booster", booster.rawValue, "gbtree for a forest")
  }

  /// Whether trees see a part of the rows or features, drawn at random.
  var samples: Bool { [subsample, columnsByTree, columnsByLevel, columnsByNode].contains { $0 < 1 } }

  /// As XGBoost's parameters, the tree method apart.
  var parameters: [(name: String, value: String)] {
    var parameters: [(String, String)] = [
      ("booster", booster.rawValue), ("num_parallel_tree", "\(parallelTrees)"),
      ("learning_rate", isForest ? "1" : "\(learningRate)"), ("max_depth", "\(maxDepth)"),
      ("max_leaves", "\(maxLeaves)"), ("grow_policy", growPolicy.rawValue), ("min_child_weight", "\(minChildWeight)"),
      ("gamma", "\(gamma)"), ("subsample", "\(subsample)"), ("colsample_bytree", "\(columnsByTree)"),
      ("colsample_bylevel", "\(columnsByLevel)"), ("colsample_bynode", "\(columnsByNode)"), ("reg_lambda", "\(l2)"),
      ("reg_alpha", "\(l1)"), ("max_bin", "\(maxBins)"), ("scale_pos_weight", "\(positiveWeight)"),
    ]
    if booster == .dart {
      parameters += [
        ("rate_drop", "\(dropRate)"), ("skip_drop", "\(skipRate)"), ("one_drop", dropsOne ? "1" : "0"),
        ("sample_type", sampleType.rawValue), ("normalize_type", normalizeType.rawValue),
      ]
    }
    return parameters
  }
}
