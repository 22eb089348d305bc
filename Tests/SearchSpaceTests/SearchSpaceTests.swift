import SearchSpace
import Testing
import TuningTypes

@Suite struct SpaceTests {
  @Test func inactiveParametersAreLeftOutAndTheRestIsInOrder() throws {
    let space = try optimizerSpace()
    // All zero: sgd, which has momentum; schedule none, which has no steps.
    #expect(
      space.configuration { _ in 0 }.entries.map(\.name)
        == ["learning_rate", "momentum", "optimizer", "weight_decay", "schedule", "hidden_units"])
    // All near one: adamw, cosine.
    #expect(
      space.configuration { _ in 0.999 }.entries.map(\.name)
        == ["learning_rate", "optimizer", "weight_decay", "schedule", "hidden_units"])
    // sgd and step with 2 step epochs, which brings the factor.
    let steps = space.configuration { [0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5, 0.5][$0] }
    #expect(steps.entries.map(\.name) == space.parameters.map(\.name))
    #expect(steps["momentum"] == 0.6 && steps["step_epochs"] == 2 && steps["step_factor"] == 0.5)
    // The factor goes when its parent's own condition fails.
    let adamw = space.configuration { [0.5, 0.5, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5][$0] }
    #expect(adamw["step_epochs"] == nil && adamw["step_factor"] == nil)
  }

  @Test func aPointIsAskedForOnceAParameterInOrder() throws {
    var asked: [Int] = []
    _ = try optimizerSpace().configuration { position in
      asked.append(position)
      return 0.9
    }
    #expect(asked == Array(0..<8))
  }

  @Test func valuesOfConditionsTakeTheParentsForm() throws {
    let space = try optimizerSpace()
    #expect(space.parameters[7].condition == Condition([.init("step_epochs", in: [2, 3])]))
  }

  @Test func aWrittenConfigurationGetsCanonicalOrderAndValues() throws {
    let written: Configuration = [
      "hidden_units": 64.0, "schedule": "none", "optimizer": "sgd", "learning_rate": 1, "weight_decay": 0.001,
      "momentum": .real(0.1 + 0.2),
    ]
    #expect(
      try optimizerSpace().validated(written) == [
        "learning_rate": 1.0, "momentum": 0.3, "optimizer": "sgd", "weight_decay": 0.001, "schedule": "none",
        "hidden_units": 64,
      ])
  }

  static let wrongConfigurations: [(Configuration, String)] = [
    (
      ["hiden_units": 64],
      "hiden_units: the search space has no hyperparameter 'hiden_units'; did you mean 'hidden_units'?"
    ),
    (
      ["epochs": 64],
      "epochs: the search space has no hyperparameter 'epochs'; there are learning_rate, momentum, optimizer, weight_decay, schedule, step_epochs, hidden_units, step_factor"
    ),
    (["hidden_units": 64, "hidden_units": 32], "hidden_units: it is given twice; give it once"),
    (
      ["hidden_units": 512],
      "hidden_units: 512 is not in its domain; give a whole number from 8 to 256"
    ),
    (["learning_rate": 2], "learning_rate: 2 is not in its domain; give a number from 0.0001 to 1.0"),
    (["momentum": 0.5], "momentum: 0.5 is not in its domain; give a number from 0.0 to 0.9 in steps of 0.3"),
    (["optimizer": "adan"], "optimizer: \"adan\" is not in its domain; did you mean \"adam\"?"),
    (
      ["optimizer": "lion"],
      "optimizer: \"lion\" is not in its domain; give one of \"sgd\", \"adam\", \"adamw\""
    ),
    (["learning_rate": 0.1], "optimizer: it has no value; give it one"),
    (
      ["learning_rate": 0.1, "optimizer": "adam", "momentum": 0.3],
      "momentum: it has a value though its condition (optimizer: \"sgd\") does not hold; leave it out"
    ),
    (
      [
        "learning_rate": 0.1, "optimizer": "adamw", "weight_decay": 0.001, "schedule": "step", "step_epochs": 2,
        "hidden_units": 8,
      ],
      "step_epochs: it has a value though its condition (schedule: \"step\", optimizer: \"sgd\" or \"adam\") does not hold; leave it out"
    ),
  ]

  @Test(arguments: wrongConfigurations)
  func aWrongConfigurationSaysWhatIsWrong(configuration: Configuration, expected: String) throws {
    let space = try optimizerSpace()
    #expect(message { () throws(SearchSpaceError) in _ = try space.validated(configuration) } == expected)
  }
}

@Suite struct SearchSpaceErrorTests {
  static let wrongSpaces: [([Parameter], String)] = [
    ([], "the search space is empty; declare at least one hyperparameter with its range"),
    ([Parameter("", .ordinal([1]))], "a hyperparameter has an empty name; give it a name"),
    (
      [Parameter("learning rate", .ordinal([1]))],
      "learning rate: the name 'learning rate' can't be written as a {placeholder}; use the letters a to z, digits, '_', '-' and '.' only"
    ),
    (
      [Parameter("größe", .ordinal([1]))],
      "größe: the name 'größe' can't be written as a {placeholder}; use the letters a to z, digits, '_', '-' and '.' only"
    ),
    (
      [Parameter("seed", .ordinal([1]))],
      "seed: the name 'seed' is reserved: {seed} stands for a part of the job; choose another name, such as 'seed_value'"
    ),
    (
      [Parameter("a", .ordinal([1])), Parameter("a", .ordinal([2]))],
      "a: the name is used twice; rename one of the two"
    ),
    ([Parameter("a", .categorical([]))], "a.values: the list of values is empty; list at least one value"),
    ([Parameter("a", .ordinal([]))], "a.values: the list of values is empty; list at least one value"),
    ([Parameter("a", .categorical(["x", "y", "x"]))], "a.values: \"x\" occurs twice; list every value once"),
    ([Parameter("a", .ordinal([1, 1.0]))], "a.values: 1.0 occurs twice (as 1); list every value once"),
    (
      [Parameter("a", .ordinal([1.5, .real(.infinity)]))],
      "a.values: inf is not a finite number; leave it out or quote it as text"
    ),
  ]

  @Test(arguments: wrongSpaces)
  func aWrongSpaceSaysWhatIsWrong(parameters: [Parameter], expected: String) {
    #expect(message { () throws(SearchSpaceError) in _ = try SearchSpace(parameters) } == expected)
  }

  @Test func everyReservedNameIsRefused() {
    for name in Parameter.reservedNames {
      #expect(
        message { () throws(SearchSpaceError) in _ = try SearchSpace([Parameter(name, .ordinal([1]))]) } != "no error")
    }
    #expect(Parameter.reservedNames.count == 11)
    #expect(
      message { () throws(SearchSpaceError) in _ = try SearchSpace([Parameter("A-z_0.9", .ordinal([1]))]) }
        == "no error")
  }

  static func child(_ name: String, _ clauses: Condition.Clause...) -> Parameter {
    Parameter(name, .ordinal([1, 2]), when: Condition(clauses))
  }

  static let wrongConditions: [([Parameter], String)] = [
    ([child("a", .init("bb", in: [1])), child("bbb")], "a.when: there is no hyperparameter 'bb'; did you mean 'bbb'?"),
    ([child("a", .init("zz", in: [1])), child("bbb")], "a.when: there is no hyperparameter 'zz'; there are bbb"),
    (
      [child("a", .init("b", in: [1]), .init("b", in: [2])), child("b")],
      "a.when: 'b' occurs twice; name it once, with all of its values in one list"
    ),
    ([child("a", .init("b", in: [])), child("b")], "a.when: no value of 'b' is listed; list at least one"),
    ([child("a", .init("b", in: [1, 3])), child("b")], "a.when: 'b' never is 3; give one of 1, 2"),
    ([child("a", .init("a", in: [1]))], "a.when: its condition is on itself; name another hyperparameter"),
    (
      [child("z"), child("a", .init("b", in: [1])), child("b", .init("c", in: [1])), child("c", .init("b", in: [1]))],
      "b.when: the conditions go round in a circle: b needs c needs b; take one of them away"
    ),
  ]

  @Test(arguments: wrongConditions)
  func aWrongConditionSaysWhatIsWrong(parameters: [Parameter], expected: String) {
    #expect(message { () throws(SearchSpaceError) in _ = try SearchSpace(parameters) } == expected)
  }

  @Test func aConditionOnAContinuousParameterIsRefused() throws {
    let child = Self.child("a", .init("b", in: [0.5]))
    let rate = try Parameter("b", .float(0, 1))
    #expect(
      message { () throws(SearchSpaceError) in _ = try SearchSpace([child, rate]) }
        == "a.when: 'b' takes any number in its range, so that it practically never equals a given one; give 'b' a step or a list of values"
    )
    let stepped = try Parameter("b", .float(0, 1, step: 0.5))
    #expect(message { () throws(SearchSpaceError) in _ = try SearchSpace([child, stepped]) } == "no error")
  }

  @Test func aWrongFloatRangeSaysWhatIsWrong() {
    func fail(_ min: Double, _ max: Double, _ scale: Domain.Scale = .linear, step: Double? = nil) -> String {
      message { () throws(SearchSpaceError) in _ = try FloatDomain(min: min, max: max, scale: scale, step: step) }
    }
    #expect(fail(.nan, 1) == "min: nan is not a finite number; give a finite min")
    #expect(fail(0, .infinity) == "max: inf is not a finite number; give a finite max")
    #expect(fail(2, 1) == "min: min 2.0 is larger than max 1.0; swap the two")
    #expect(fail(-1.7e308, 1.7e308) == "max: the range from -1.7e+308 to 1.7e+308 is too wide; narrow it")
    #expect(
      fail(0, 1, .log) == "scale: a log scale needs min > 0, but min is 0.0; raise min above 0 or use scale: linear")
    #expect(fail(0, 1, step: 0) == "step: step 0.0 is not above 0; give a positive step or leave it out")
    #expect(fail(0, 1, step: .nan) == "step: step nan is not above 0; give a positive step or leave it out")
    #expect(
      fail(1, 2, .log, step: 0.1)
        == "step: a step has no meaning on a log scale; leave the step out, use scale: linear, or list the values as an ordinal"
    )
    #expect(
      fail(0, 1, step: 1.5)
        == "step: step 1.5 is larger than the range from 0.0 to 1.0; give a smaller step, or a single value as min and max"
    )
    #expect(
      fail(0, 1e6, step: 1e-12)
        == "step: step 1e-12 is too small for the range from 0.0 to 1000000.0; give a larger step or leave it out")
    #expect(
      fail(3, 3) == "no error" && fail(3, 3, step: 7) == "no error"
        && fail(.leastNonzeroMagnitude, 1, .log) == "no error")
  }

  @Test func aWrongIntegerRangeSaysWhatIsWrong() {
    func fail(_ min: Int, _ max: Int, _ scale: Domain.Scale = .linear, step: Int? = nil) -> String {
      message { () throws(SearchSpaceError) in _ = try IntegerDomain(min: min, max: max, scale: scale, step: step) }
    }
    #expect(fail(2, 1) == "min: min 2 is larger than max 1; swap the two")
    #expect(
      fail(0, .max)
        == "max: 9223372036854775807 is too large: whole numbers go up to 2^53 = 9007199254740992; narrow the range or use type: float"
    )
    #expect(fail(.min, 0).hasPrefix("min: -9223372036854775808 is too large"))
    #expect(
      fail(-(1 << 52), 1 << 52)
        == "max: the range from -4503599627370496 to 4503599627370496 is too wide; keep max − min below 2^53 = 9007199254740992"
    )
    #expect(fail(0, 8, .log) == "scale: a log scale needs min > 0, but min is 0; raise min to 1 or use scale: linear")
    #expect(fail(0, 8, step: 0) == "step: step 0 is not above 0; give a positive step or leave it out")
    #expect(fail(1, 8, .log, step: 2).hasPrefix("step: a step has no meaning on a log scale; "))
    #expect(
      fail(1, 8, step: 8)
        == "step: step 8 is larger than the range from 1 to 8; give a smaller step, or a single value as min and max")
    #expect(fail(3, 3) == "no error" && fail(3, 3, step: 7) == "no error" && fail(1, 1, .log) == "no error")
  }

  @Test func anErrorTakesTheNameOfItsParameterOnce() {
    let error = SearchSpaceError(key: "min", problem: "p", advice: "a")
    #expect(error.description == "min: p; a")
    #expect(error.about("x").description == "x.min: p; a")
    #expect(error.about("x").about("y") == error.about("x"))
  }
}
