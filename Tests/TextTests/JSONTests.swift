import Randomness
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct JSONTests {
  static let valid: [(text: String, value: JSONValue)] = [
    ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12), ("1.5", 1.5),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1e3", .number(1000)), ("1E+3", .number(1000)),
    ("2.5e-3", .number(0.0025)), ("-0.0", .number(-0.0)), ("5e-324", .number(.leastNonzeroMagnitude)),
    ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)), ("\"\"", ""),
    ("\"a\\n\\t\\r\\b\\f\\/\\\\\\\"\"", "a\n\t\r\u{8}\u{c}/\\\""),
    ("\"\\u00e9\\u0000\"", "\u{e9}\u{0}"), ("\"\\ud83d\\ude00\"", "😀"), ("\"\u{7f}ü😀\"", "\u{7f}ü😀"),
    ("[]", []), ("[ 1 , [ ] , { } ]", [1, [], [:]]), ("{}", [:]), ("{\"a\":1,\"b\":[true]}", ["a": 1, "b": [true]]),
    ("\t\r\n {\"\":\"\"}\n", ["": ""]),
  ]

  static let invalid = [
    "", " ", "nul", "nulll", "True", "01", "-", "-01", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "--1", "1-2",
    "1e400", "nan", "Infinity", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"",
    "\"\\ud800\\u0041\"",
    "\"\\udc00\"", "\"\n\"", "\"\u{1}\"", "[", "[1", "[1,", "[1,]", "[,]", "[1 2]", "]", "{", "{\"a\"", "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "}", "1 2", "[] []", "'a'", "// a\n1", "\u{feff}1",
    String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
  ]

  @Test(arguments: [("NaN", Double.nan), ("Infinity", .infinity), ("-Infinity", -.infinity), ("-1e999", -.infinity)])
  func whatPythonWritesForNumbersThatAreNotFiniteIsReadOnlyOnRequest(text: String, number: Double) throws {
    let bytes = Array("[1, \(text)]".utf8)
    #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    let read = try #require(try JSONValue(parsing: bytes, acceptsNonFinite: true).elements?.last?.number)
    #expect(read == number || read.isNaN && number.isNaN)
  }

  @Test(arguments: valid) func validDocumentsAreRead(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text.utf8) == value)
  }

  @Test(arguments: invalid) func invalidDocumentsAreRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xFE]] {
      #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }
  }

  @Test func nestingUpToTheLimitIsRead() throws {
    _ = try JSONValue(parsing: (String(repeating: "[", count: 128) + String(repeating: "]", count: 128)).utf8)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    for seed in 0..<2000 {
      var random = testGenerator(seed)
      let value = randomValue(&random, depth: 0)
      var line = JSONText()
      line.append(value)
      #expect(try JSONValue(parsing: line.bytes) == value, "seed \(seed): \(value)")
      #expect(try JSONValue(parsing: value.formatted().utf8) == value, "seed \(seed): \(value)")
      #expect(!line.bytes.contains(0x0A), "seed \(seed): a line stays one line")
    }
  }

  @Test func decimalsAreReadAsTheStandardLibraryReadsThem() throws {
    var random = testGenerator(2)
    let exponents = ["", "", "", "e-5", "E+3", "e17", "e-20", "e-290", "e0"]
    // Halfway between two doubles, next to that, and where the quotient is a power of two.
    var texts = [
      "9007199254740993.0", "9007199254740992.5", "9007199254740995.0", "0.9999999999999999999", "-0.0", "0.0e-7",
      "4503599627370497.5", "1.0000000000000000001", "0.5e-22", "9999999999999999999.0",
    ]
    for _ in 0..<50_000 {
      func digits(_ count: Int) -> String { (0..<count).map { _ in "\(random.next() % 10)" }.joined() }
      let sign = random.next() % 4 == 0 ? "-" : ""
      let whole = random.next() % 3 == 0 ? "0" : "\(1 + random.next() % 9)" + digits(Int(random.next() % 12))
      let places = digits(1 + Int(random.next() % 20))
      texts.append("\(sign)\(whole).\(places)\(exponents[Int(random.next() % UInt64(exponents.count))])")
    }
    for text in texts {
      let value = try JSONValue(parsing: text.utf8)
      #expect(value.number?.bitPattern == Double(text)?.bitPattern, "\(text)")
    }
  }

  @Test func everyFiniteDoubleKeepsItsBits() throws {
    var random = testGenerator(1)
    for _ in 0..<20_000 {
      let number = Double(bitPattern: random.next())
      guard number.isFinite else { continue }
      var text = JSONText()
      text.append(number)
      #expect(try JSONValue(parsing: text.bytes).number?.bitPattern == number.bitPattern)
    }
  }

  /// The digits are the standard library's own: as few as there can be, and of those the nearest.
  @Test func numbersAreWrittenAsTheStandardLibraryWritesThem() {
    var random = testGenerator(3)
    var numbers: [Double] = [
      0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1e15, 1e-37, 1e-4, 1e-5, 9.5,
    ]
    for exponent in -1074...1023 { numbers.append(Double(sign: .plus, exponent: exponent, significand: 1)) }
    for exponent in -60...25 {
      for digit in 1...9 { numbers.append(Double("\(digit)e\(exponent)") ?? 0) }
    }
    numbers += numbers.flatMap { [$0.nextUp, $0.nextDown, -$0] }
    for _ in 0..<300_000 {
      let unit = Double(random.next() >> 11) * 0x1p-53
      numbers += [
        Double(bitPattern: random.next()), unit, unit * 1e-6, -unit * 1e15, Double(random.next() % 1_000_000) / 1000,
        Double(random.next() % 100) * 0.1, Double(random.next() >> 12),
      ]
    }
    var different: [Double] = []
    var text = JSONText()
    for number in numbers where number.isFinite {
      text.removeAll()
      text.append(number)
      if !text.withBytes({ $0.elementsEqual(number.description.utf8) }) { different.append(number) }
    }
    #expect(different.isEmpty, "\(different.count) of \(numbers.count): \(different.prefix(3))")
  }

  @Test func wholeNumbersAreWrittenWithAllTheirDigits() {
    var random = testGenerator(4)
    for bits in 0..<64 {
      for _ in 0..<500 {
        let number = random.next() >> UInt64(bits)
        var text = JSONText()
        text.append(number)
        text.append(raw: " ")
        text.append(Int(bitPattern: UInt(number)))
        #expect(String(decoding: text.bytes, as: UTF8.self) == "\(number) \(Int(bitPattern: UInt(number)))")
      }
    }
  }

  /// A text keeps the names of hyperparameters at hand; what it writes must not depend on what it wrote before.
  @Test func configurationsOfAnyNamesAreWrittenAlike() throws {
    var random = testGenerator(5)
    var text = JSONText()
    for round in 0..<3000 {
      let names = (0..<Int(random.next() % 9)).map { _ in "n\(random.next() % 12)\u{1}" }
      let configuration = Configuration(names.map { .init($0, .integer(Int(random.next() % 99))) })
      text.removeAll()
      text.append(configuration)
      let expected = JSONValue.object(configuration.entries.map { .init($0.name, .integer($0.value.wholeNumber ?? 0)) })
      var alone = JSONText()
      alone.append(expected)
      #expect(text.bytes == alone.bytes, "round \(round)")
    }
  }

  @Test func textsAreTakenFromOneAnotherInPieces() {
    var random = testGenerator(6)
    for round in 0..<300 {
      var given = JSONText()
      var taken = JSONText()
      var expected: [UInt8] = []
      var got: [UInt8] = []
      for _ in 0..<random.below(12) {
        for _ in 0..<random.below(30) {
          let number = random.next() >> UInt64(random.below(64))
          given.append(number)
          expected += Array("\(number)".utf8)
        }
        taken.take(random.below(given.count + 1), firstOf: &given)
        if random.chance(0.5) {
          got += taken.bytes
          taken.removeAll()
        }
      }
      #expect(got + taken.bytes + given.bytes == expected, "round \(round)")
    }
  }

  /// The parser's only answers are a value and an error.
  @Test func noBytesCrashTheParser() {
    var accepted = 0
    for seed in 0..<20_000 {
      var random = testGenerator(seed)
      var bytes: [UInt8]
      if seed % 2 == 0 {
        bytes = Array(random.pick(Self.valid).text.utf8)
        for _ in 0..<(1 + random.below(3)) where !bytes.isEmpty {
          switch random.below(3) {
          case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
          case 1: bytes.remove(at: random.below(bytes.count))
          default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
          }
        }
      } else {
        let alphabet = Array("{}[]\",:\\u0123456789abcdeftrulns.+-E \n".utf8)
        bytes = (0..<random.below(30)).map { _ in random.pick(alphabet) }
      }
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      accepted += 1
      // What was understood can be said again.
      #expect(throws: Never.self) { try JSONValue(parsing: value.formatted().utf8) }
    }
    #expect(accepted > 100)
  }

  private func randomValue(_ random: inout CounterGenerator, depth: Int) -> JSONValue {
    switch random.below(depth > 4 ? 5 : 7) {
    case 0: return random.pick([.null, true, false])
    case 1: return .integer(Int(bitPattern: UInt(random.next() >> UInt64(random.below(64)))))
    case 2: return .number(Double(random.below(1000)) / 8 + 0.5)
    case 3, 4: return .text(randomText(&random))
    case 5: return .array((0..<random.below(5)).map { _ in randomValue(&random, depth: depth + 1) })
    default:
      return .object(
        (0..<random.below(5)).map { .init("\($0)" + randomText(&random), randomValue(&random, depth: depth + 1)) })
    }
  }
}
