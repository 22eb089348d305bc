import Testing
import TuningTypes

@Suite struct VocabularyTests {
  @Test func aConfigurationFindsItsValuesByName() {
    let configuration: Configuration = ["learning_rate": 0.1, "units": 64, "optimizer": "sgd", "nesterov": true]
    #expect(configuration["units"] == .integer(64))
    #expect(configuration["learning_rate"]?.number == 0.1)
    #expect(configuration["missing"] == nil)
    #expect(configuration.description == "learning_rate: 0.1, units: 64, optimizer: sgd, nesterov: true")
  }

  @Test func askingForAHyperparameterThatIsNotThereSaysWhichOneIsMeant() throws {
    let configuration: Configuration = ["learning_rate": 0.1, "units": 64, "optimizer": "sgd", "nesterov": true]
    #expect(try configuration.number("learning_rate") == 0.1 && configuration.number("units") == 64)
    #expect(try configuration.integer("units") == 64 && configuration.flag("nesterov"))
    #expect(try configuration.text("optimizer") == "sgd")
    func complaint(_ ask: () throws -> Void) -> String {
      do {
        try ask()
        return "none"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      complaint { _ = try configuration.number("learning_rat") }
        == "learning_rat: the configuration has no such hyperparameter. Did you mean 'learning_rate'?")
    #expect(
      complaint { _ = try configuration.flag("zzz") }
        == "zzz: the configuration has no such hyperparameter. It has: learning_rate, units, optimizer, nesterov.")
    #expect(
      complaint { _ = try configuration.integer("learning_rate") }
        == "learning_rate: is '0.1', not a whole number. Look at its domain in search_space.")
  }

  @Test func aWholeNumberIsOneInEitherForm() {
    #expect(ParameterValue.integer(4).wholeNumber == 4)
    #expect(ParameterValue.real(4.0).wholeNumber == 4)
    #expect(ParameterValue.real(4.5).wholeNumber == nil)
    #expect(ParameterValue.real(.nan).wholeNumber == nil)
    #expect(ParameterValue.real(1e300).wholeNumber == nil)
    #expect(ParameterValue.text("4").wholeNumber == nil)
    #expect(ParameterValue.flag(true).number == nil)
  }

  @Test func identifiersCountAndCompare() {
    #expect(TrialID(3) < 4)
    #expect(RungIndex(0).above == 1)
    #expect("\(WorkerID(7))" == "7")
  }
}

@Suite struct NearestNameTests {
  static let keys = ["learning_rate", "hidden_units", "batch_size", "dropout", "min", "max", "eta"]

  @Test(arguments: [
    ("learning_rat", "learning_rate"), ("laerning_rate", "learning_rate"), ("learningrate", "learning_rate"),
    ("Learning-Rate", "learning_rate"), ("hiden_unit", "hidden_units"), ("dropuot", "dropout"), ("mim", "min"),
    ("mxa", "max"), ("dropout", "dropout"), ("BATCH_SIZE", "batch_size"),
  ])
  func aMisspellingFindsItsName(misspelt: String, meant: String) {
    #expect(nearestName(to: misspelt, among: Self.keys) == meant)
  }

  @Test(arguments: ["momentum", "x", "", "rate", "minmax", "learning_rate_schedule_of_the_optimizer"])
  func nothingNearIsNothing(name: String) {
    #expect(nearestName(to: name, among: Self.keys) == nil)
  }

  @Test func theFirstOfEquallyNearNamesWins() {
    #expect(nearestName(to: "unit", among: ["units", "unity"]) == "units")
    #expect(nearestName(to: "unit", among: ["unity", "units"]) == "unity")
    #expect(nearestName(to: "y", among: ["x"]) == nil)
    #expect(nearestName(to: "x", among: [String]()) == nil)
  }
}
