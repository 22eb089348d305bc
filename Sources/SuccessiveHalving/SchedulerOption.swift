/// A key of a study file's `scheduler` section that only some schedulers have. Each is declared beside its scheduler.
public struct SchedulerOption: Hashable, Sendable {
  /// What its value is.
  public enum Kind: Hashable, Sendable {
    case integer
    case integers
    case number
  }

  public enum Value: Hashable, Sendable {
    case integer(Int)
    case integers([Int])
    case number(Double)
  }

  public let key: SchedulerError.Key
  public let kind: Kind

  init(_ name: String, _ kind: Kind) {
    key = SchedulerError.Key(name)
    self.kind = kind
  }
}

/// What a study says about the options of its scheduler. Where an option has a default, a checked specification has it.
public typealias SchedulerOptions = [SchedulerOption: SchedulerOption.Value]

extension SchedulerOption.Value {
  /// The whole number, of an option that is one.
  public var integer: Int? { if case .integer(let number) = self { number } else { nil } }
  /// The whole numbers, of an option that lists them.
  public var integers: [Int]? { if case .integers(let numbers) = self { numbers } else { nil } }
  /// The number, of an option that is one.
  public var number: Double? { if case .number(let number) = self { number } else { nil } }
}

extension SchedulerSpecification {
  /// Traps where the option's value was not checked: `complete` of the scheduler's ``SchedulerAlgorithm`` fills it in.
  func integer(_ option: SchedulerOption) -> Int { require(options[option]?.integer, option) }
  func integers(_ option: SchedulerOption) -> [Int] { require(options[option]?.integers, option) }
  func number(_ option: SchedulerOption) -> Double { require(options[option]?.number, option) }

  private func require<Value>(_ value: Value?, _ option: SchedulerOption) -> Value {
    guard let value else { preconditionFailure("\(algorithm) has no \(option.key.rawValue)") }
    return value
  }

  /// Checks that a whole number is at least 1, or fills in the default.
  mutating func completeCount(_ option: SchedulerOption, default count: Int) throws(SchedulerError) {
    let value = options[option]?.integer ?? count
    guard value >= 1 else {
      throw SchedulerError(
        option.key, "must be at least 1, and is \(value)",
        advice: "Give a whole number, or leave it out for the default.")
    }
    options[option] = .integer(value)
  }
}
