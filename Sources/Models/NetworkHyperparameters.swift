internal import Networks
internal import StudyFile
internal import SuccessiveHalving
internal import Tables
internal import TuningTypes

/// The hyperparameters of feed-forward networks.
struct NetworkHyperparameters: FamilyHyperparameters {
  typealias Family = NetworkTrainer

  static let modelName = "a network"
  static let sectionKeys: [String] = []
  static let missingPolicies: [DataSetOptions.Missing] = [.error, .mean, .drop]
  static let repeatsRecords = true
  static let wantsStandardizedNumbers = true
  static let usesThreads = true
  static let groups = [
    ["nesterov", "momentum", "optimizer"],
    ["schedule_epochs", "schedule", "schedule_final", "schedule_factor"],
  ]
  static let dependentNames = ["nesterov"]

  let unit: ResourceUnit
  private static let allNames =
    [
      "learning_rate", "hidden_layers", "hidden_units", "activation", "dropout", "weight_decay", "batch_size",
      "optimizer", "momentum", "nesterov", "beta1", "beta2", "epsilon", "initialization", "schedule",
      "schedule_epochs", "schedule_final", "schedule_factor",
    ] + (1...8).map { "hidden_units_\($0)" }

  private var network = NetworkConfiguration()
  private var layers = 1
  private var units: [Int] = [64]
  private var unitsByLayer: [Int: Int] = [:]
  private var schedule = "constant"
  private var scheduleEpochs: Double?
  private var scheduleFinal = 0.0
  private var scheduleFactor = 0.1
  /// How many epochs a trial trains at most, where that is known: the cosine's default horizon.
  private let horizon: Double?

  var names: [String] { Self.allNames }

  var mainNames: [String] { names.filter { !$0.hasPrefix("hidden_units_") } }

  init(_ section: StudySection, ladder: LadderSpecification) throws(StudyError) {
    unit = try Self.unit(of: section, among: [.epochs, .records])
    horizon = ladder.isBounded && unit == .epochs ? Double(ladder.maxResource.rawValue) : nil
  }

  mutating func set(_ name: String, _ value: ParameterValue) throws(ConfigurationError) {
    switch name {
    case "learning_rate": network.learningRate = try number(name, value)
    case "hidden_layers": layers = try whole(name, value)
    case "hidden_units": units = [try whole(name, value)]
    case "activation": network.activation = try choice(name, value)
    case "dropout": network.dropout = try number(name, value)
    case "weight_decay": network.weightDecay = try number(name, value)
    case "batch_size": network.batchSize = try whole(name, value)
    case "optimizer": network.optimizer = try choice(name, value)
    case "momentum": network.momentum = try number(name, value)
    case "nesterov": network.nesterov = try flag(name, value)
    case "beta1": network.beta1 = try number(name, value)
    case "beta2": network.beta2 = try number(name, value)
    case "epsilon": network.epsilon = try number(name, value)
    case "initialization": network.initialization = try choice(name, value)
    case "schedule":
      guard ["constant", "cosine", "step"].contains(value.description) else {
        throw wrong(name, value, "one of constant, cosine, step")
      }
      schedule = value.description
    case "schedule_epochs": scheduleEpochs = try number(name, value)
    case "schedule_final": scheduleFinal = try number(name, value)
    case "schedule_factor": scheduleFactor = try number(name, value)
    default:
      guard name.hasPrefix("hidden_units_"), let layer = Int(name.dropFirst("hidden_units_".count)) else { return }
      unitsByLayer[layer] = try whole(name, value)
    }
  }

  mutating func set(_ name: String, of section: StudySection) throws(StudyError) {
    guard name == "hidden_units" else { return try setValue(name, of: section) }
    if let widths = try section.integers(name), widths.count != 1 {
      // The widths of the layers one by one: `hidden_units: [64, 32]`.
      units = widths
      if section.has("hidden_layers"), let given = try section.integer("hidden_layers"), given != widths.count {
        throw section.error(
          "hidden_layers", "is \(given), and hidden_units lists \(widths.count)",
          "Leave hidden_layers out beside a list.")
      }
      layers = widths.count
    } else if let value = try section.values(name)?.first {
      try set(name, value, of: section)
    }
  }

  func configuration() throws(ConfigurationError) -> NetworkConfiguration {
    var network = network
    guard (0...8).contains(layers) else {
      throw ConfigurationError(key: "hidden_layers", value: "\(layers)", rule: "a whole number from 0 to 8")
    }
    network.hiddenLayers = (0..<layers).map { layer in
      unitsByLayer[layer + 1] ?? (layer < units.count ? units[layer] : units.last ?? 64)
    }
    switch schedule {
    case "cosine":
      guard let epochs = scheduleEpochs ?? horizon else {
        throw ConfigurationError(key: "schedule_epochs", value: "missing", rule: "given where max_resource is not")
      }
      network.schedule = .cosine(horizon: epochs, final: scheduleFinal)
    case "step":
      guard let epochs = scheduleEpochs ?? horizon.map({ max(1, $0 / 3) }) else {
        throw ConfigurationError(key: "schedule_epochs", value: "missing", rule: "given where max_resource is not")
      }
      network.schedule = .step(every: epochs, factor: scheduleFactor)
    default: network.schedule = .constant
    }
    try network.validate()
    return network
  }
}
