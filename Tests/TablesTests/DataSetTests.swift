import Files
import Foundation
import Randomness
import Tables
import Testing
import TrainerSupport

@Suite struct DataSetTests {
  @Test(arguments: 0..<30)
  func everyPartHoldsEveryClassInProportion(index: Int) throws {
    var generator = CounterGenerator.forTests(index)
    let classes = generator.number(in: 2...6)
    let sizes = (0..<classes).map { _ in generator.number(in: 2...60) }
    let fractions = (generator.number(in: 0.1...0.3), generator.number(in: 0.1...0.3))
    var text = "x,y\n"
    for (name, size) in sizes.enumerated() { for row in 0..<size { text += "\(row),c\(name)\n" } }
    let data: DataSet
    do {
      data = try DataSet(
        table: table(text),
        options: DataSetOptions(
          target: "y", validationFraction: fractions.0, testFraction: fractions.1, splitSeed: UInt64(index)))
    } catch {
      #expect("\(error)".contains("too few rows"))
      return
    }
    #expect(data.train.count + data.validation.count + data.test.count == sizes.reduce(0, +))
    for (label, size) in sizes.enumerated() {
      func count(_ part: DataSet.Part) -> Double { Double(part.labels.count { $0 == Int32(label) }) }
      #expect(count(data.train) >= 1)
      #expect(count(data.train) + count(data.validation) + count(data.test) == Double(size))
      #expect(abs(count(data.validation) - fractions.0 * Double(size)) <= 1)
      #expect(abs(count(data.test) - fractions.1 * Double(size)) <= 1)
    }
  }

  @Test func theSplitIsAFunctionOfTheSeed() throws {
    func test(_ seed: UInt64) throws -> [[Float]] {
      let data = try DataSet.load(path: dataset("iris.csv"), options: DataSetOptions(target: "target", splitSeed: seed))
      return (0..<data.test.count).map { data.test.features[row: $0] }
    }
    #expect(try test(1) == test(1))
    #expect(try test(1) != test(2))
  }

  @Test func onlyTheTrainingPartIsFittedOn() throws {
    // y is regression, so that the split depends on nothing but the number of rows.
    func text(_ change: (Int) -> Double) -> String {
      "id,x,y\n" + (0..<100).map { "\($0),\(Double($0 * 37 % 101) + change($0)),\(Double($0) * 0.5)\n" }.joined()
    }
    var options = DataSetOptions(target: "y", task: .regression, splitSeed: 3)
    let before = try DataSet(table: table(text { _ in 0 }), options: options)
    guard case .number(let mean, let deviation) = before.preprocessing.columns[0].encoding else { return }
    let testRows = Set(
      (0..<before.test.count).map { Int((Double(before.test.features[row: $0][0]) * deviation + mean).rounded()) })
    let after = try DataSet(table: table(text { testRows.contains($0) ? 1e6 : 0 }), options: options)
    #expect(before.preprocessing == after.preprocessing)
    #expect((0..<before.train.count).allSatisfy { before.train.features[row: $0] == after.train.features[row: $0] })
    #expect((0..<before.test.count).allSatisfy { before.test.features[row: $0] != after.test.features[row: $0] })
    options.splitSeed = 4
    #expect(try DataSet(table: table(text { _ in 0 }), options: options).preprocessing != before.preprocessing)
  }

  @Test func trainingFeaturesAreStandardised() throws {
    let data = try DataSet.load(path: dataset("breast_cancer.csv"), options: DataSetOptions(target: "target"))
    let rows = (0..<data.train.count).map { data.train.features[row: $0] }
    for column in 0..<data.featureCount {
      let values = rows.map { Double($0[column]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(mean) < 1e-4)
      #expect(abs(square - 1) < 1e-4)
    }
  }

  @Test func aConstantColumnBecomesZero() throws {
    let text = "x,k,y\n" + (0..<20).map { "\($0),0.1,\($0 % 2)\n" }.joined()
    let data = try DataSet(table: table(text), options: DataSetOptions(target: "y"))
    #expect((0..<data.train.count).allSatisfy { abs(data.train.features[row: $0][1]) < 1e-6 })
  }

  @Test func textBecomesOneHot() throws {
    let text = "colour,y\n" + (0..<30).map { "\(["red", "green", "blue"][$0 % 3]),\($0 % 3)\n" }.joined()
    let data = try DataSet(table: table(text), options: DataSetOptions(target: "y"))
    #expect(data.preprocessing.columns.map(\.encoding) == [.category(["blue", "green", "red"])])
    for (row, label) in data.train.labels.enumerated() {
      #expect(data.train.features[row: row] == [[0, 0, 1], [0, 1, 0], [1, 0, 0]][Int(label)])
    }
  }

  @Test(arguments: [
    ("x,y\n1,a\n2,a\n3,b\n", "test.csv, row 4, column \"y\": the class \"b\" is seen only once."),
    ("x,y\n1,a\n2,a\n", "test.csv, column \"y\": all rows are of the one class \"a\"."),
    ("x,y\n1,a\n,a\n2,b\n3,b\n", "test.csv, row 3, column \"x\": the cell is missing."),
    ("x,y\n1,a\nnan,a\n2,b\n3,b\n", "test.csv, row 3, column \"x\": the cell is missing (it holds nan; "),
    ("x,y\n1,a\n2,\n2,b\n3,b\n", "test.csv, row 3, column \"y\": the target is missing."),
    ("x,y\n1,a\ninf,a\n2,b\n3,b\n", "test.csv, row 3, column \"x\": the number inf is not finite in single precision."),
    ("x,z\n1,a\n", "test.csv, column \"y\": the target column is not there."),
    ("y\na\na\nb\nb\n", "test.csv: no column is left to learn from."),
    ("x,y\n?,a\n?,a\n?,b\n?,b\n", "test.csv, row 2, column \"x\": the cell is missing (it holds ?; "),
  ])
  func whatCannotBeLearnedFromIsNamed(text: String, expected: String) {
    let options = DataSetOptions(target: "y", validationFraction: 0, testFraction: 0)
    #expect(message { _ = try DataSet(table: table(text), options: options) }.hasPrefix(expected))
  }

  @Test func tooManyCategoriesAreRefusedByName() throws {
    func text(_ count: Int) -> String { "name,y\n" + (0..<(2 * count)).map { "n\($0 % count),\($0 % 2)\n" }.joined() }
    let options = DataSetOptions(target: "y")
    #expect(message { _ = try DataSet(table: table(text(64)), options: options) } == "")
    #expect(
      message { _ = try DataSet(table: table(text(65)), options: options) }.contains(
        "column \"name\": the column holds text of 65"))
  }

  @Test func aSlipInANumericColumnIsPointedAt() throws {
    let text = "x,y\n" + (0..<100).map { "\($0 == 50 ? "1O" : "\($0)"),\($0 % 2)\n" }.joined()
    let said = message { _ = try DataSet(table: table(text), options: DataSetOptions(target: "y")) }
    #expect(said.contains("row 52, column \"x\"") && said.contains("correct \"1O\""))
  }

  @Test func missingCellsAreDroppedOrFilled() throws {
    let text =
      "x,c,y\n"
      + (0..<40).map { "\($0 % 10 == 0 ? "" : "\($0)"),\($0 % 10 == 1 ? "?" : "k\($0 % 2)"),\($0 % 2)\n" }.joined()
    var options = DataSetOptions(target: "y", missing: .drop, validationFraction: 0, testFraction: 0)
    #expect(try DataSet(table: table(text), options: options).train.count == 32)
    options.missing = .mean
    let filled = try DataSet(table: table(text), options: options)
    #expect(filled.train.count == 40)
    #expect(filled.train.features[row: 0] == [0, 1, 0])
    #expect(filled.train.features[row: 1].suffix(2) == [0, 0])
    options.missing = .drop
    #expect(message { _ = try DataSet(table: table("x,y\n,a\n,b\n"), options: options) }.contains("leaves none"))
  }

  @Test(arguments: [
    ("0\n1\n0\n1\n", true), ("0.5\n1\n0.5\n1\n", false), ("a\nb\na\nb\n", true),
    ((0..<64).map { "\($0 % 32)\n" }.joined(), true), ((0..<66).map { "\($0 % 33)\n" }.joined(), false),
  ])
  func theTaskFollowsFromTheTarget(values: String, isClassification: Bool) throws {
    let rows = values.split(separator: "\n").enumerated().map { "\($0),\($1)\n" }.joined()
    let options = DataSetOptions(target: "y", validationFraction: 0, testFraction: 0)
    #expect(try DataSet(table: table("x,y\n" + rows), options: options).isClassification == isClassification)
  }

  @Test(arguments: [("iris.csv", "target"), ("california_housing.csv.gz", "median_house_value")])
  func aDataSetIsReadInPlaceFromItsMemory(file: String, target: String) throws {
    let options = DataSetOptions(target: target, missing: .mean)
    let data = try DataSet.load(path: dataset(file), options: options)
    let shared = data.memory.withUnsafeBytes { SharedBytes(borrowing: $0, owner: data.memory) }
    #expect(shared.isInPlace)
    let copy = try DataSet(memory: shared)
    #expect(copy.preprocessing == data.preprocessing)
    for (one, other) in [(data.train, copy.train), (data.validation, copy.validation), (data.test, copy.test)] {
      #expect(one.count == other.count)
      #expect(one.labels == other.labels)
      #expect((0..<one.count).allSatisfy { one.features[row: $0] == other.features[row: $0] })
    }
    #expect(copy.serialized() == data.serialized())
  }

  @Test func memoryOutOfAlignmentIsCopied() throws {
    let data = try randomData(rows: 20, features: 3, classes: 2)
    let bytes = [0] + data.serialized()
    let restored = try bytes.withUnsafeBytes { bytes in
      let shared = SharedBytes(borrowing: UnsafeRawBufferPointer(rebasing: bytes[1...]), owner: nil)
      #expect(shared.isInPlace == (Int(bitPattern: bytes.baseAddress).advanced(by: 1) % 32 == 0))
      return try DataSet(memory: shared)
    }
    #expect(restored.train.labels == data.train.labels)
  }

  @Test func damagedMemoryIsRefused() throws {
    let bytes = try randomData(rows: 20, features: 3, classes: 2).serialized()
    for count in 0..<bytes.count {
      #expect(throws: DataError.self) { try DataSet(memory: SharedBytes(Array(bytes.prefix(count)))) }
    }
    for place in 0..<24 {
      var changed = bytes
      changed[place] ^= 0x40
      #expect(throws: DataError.self) { try DataSet(memory: SharedBytes(changed)) }
    }
  }

  @Test(arguments: [DataSetOptions.Missing.drop, .mean])
  func adultWithTextAndMissingCellsLoads(missing: DataSetOptions.Missing) throws {
    let data = try DataSet.load(
      path: dataset("adult.csv.gz"), options: DataSetOptions(target: "income", missing: missing))
    #expect(data.outputCount == 2)
    let rows = data.train.count + data.validation.count + data.test.count
    #expect(missing == .mean ? rows == 48842 : rows < 48842 && rows > 40000)
    #expect(data.featureCount > 90)
  }

  @Test func newTablesAreTreatedLikeTheTrainingPart() throws {
    let options = DataSetOptions(target: "y", missing: .mean, validationFraction: 0, testFraction: 0)
    let training = "x,c,y\n" + (0..<20).map { "\($0),k\($0 % 2),\($0 % 2)\n" }.joined()
    let data = try DataSet(table: table(training), options: options)
    let json = try JSONEncoder().encode(data.preprocessing)
    let preprocessing = try JSONDecoder().decode(Preprocessing.self, from: json)
    #expect(preprocessing == data.preprocessing)
    let again = try preprocessing.apply(to: table(training))
    #expect((0..<20).allSatisfy { again[row: $0] == data.train.features[row: $0] })
    #expect(try preprocessing.apply(to: table("extra,c,x\n1,new,\n"))[row: 0] == [0, 0, 0])
    #expect(
      message { _ = try preprocessing.apply(to: table("c\nk0\n")) }.hasPrefix(
        "test.csv, column \"x\": the column is missing."))
    #expect(
      message { _ = try preprocessing.apply(to: table("c,x\nk0,2\nk0,z\n")) }.hasPrefix(
        "test.csv, row 3, column \"x\": \"z\" is not a number."))
  }
}
