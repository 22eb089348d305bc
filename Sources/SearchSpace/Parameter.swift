public import TuningTypes

/// One hyperparameter: its name, the values it may take, and when it is part of a configuration at all.
public struct Parameter: Hashable, Sendable {
  public var name: String
  public var domain: Domain
  /// Nil: always active.
  public var condition: Condition?

  public init(_ name: String, _ domain: Domain, when condition: Condition? = nil) {
    self.name = name
    self.domain = domain
    self.condition = condition
  }
}

/// When a hyperparameter is active: all clauses must hold (`when: {optimizer: sgd, schedule: [step, cosine]}`).
public struct Condition: Hashable, Sendable {
  /// Holds where the hyperparameter `parent` is active and has one of the `allowed` values.
  public struct Clause: Hashable, Sendable {
    public var parent: String
    public var allowed: [ParameterValue]

    public init(_ parent: String, in allowed: [ParameterValue]) {
      self.parent = parent
      self.allowed = allowed
    }
  }

  public var clauses: [Clause]

  public init(_ clauses: [Clause]) { self.clauses = clauses }
}

extension Parameter {
  /// The names that stand for parts of a job in a command trainer's `{name}` placeholders.
  public static let reservedNames = [
    "resource", "checkpoint", "seed", "job", "trial", "bracket", "rung", "worker", "local_worker", "configuration",
    "resume_resource",
  ]

  /// Whether `{name}` can stand in a command.
  func checkName() throws(SearchSpaceError) {
    guard !name.isEmpty else {
      throw SearchSpaceError(problem: "a hyperparameter has an empty name", advice: "give it a name")
    }
    let isUsable = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isUsable else {
      throw SearchSpaceError(
        parameter: name, problem: "the name '\(name)' can't be written as a {placeholder}",
        advice: "use the letters a to z, digits, '_', '-' and '.' only")
    }
    guard !Self.reservedNames.contains(name) else {
      throw SearchSpaceError(
        parameter: name, problem: "the name '\(name)' is reserved: {\(name)} stands for a part of the job",
        advice: "choose another name, such as '\(name)_value'")
    }
  }
}
