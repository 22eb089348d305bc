import Foundation
package import Randomness
package import Tables
import Testing

/// A file of the package's `Datasets`.
package func dataset(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Datasets/\(name)").path
}

/// A file with the given content, removed after `body`.
package func withFile<Result>(_ content: [UInt8], suffix: String = ".csv", _ body: (String) throws -> Result) throws
  -> Result
{
  let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)\(suffix)")
  try Data(content).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}

package func table(_ text: String) throws -> Table { try Table(csv: Array(text.utf8), file: "test.csv") }

/// What `body` throws, as a person reads it; "" if it throws nothing.
package func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}

extension CounterGenerator {
  /// Numbers for tests.
  package static func forTests(_ index: Int) -> CounterGenerator {
    CounterGenerator(seed: 2026, purpose: .synthetic, index: UInt64(index))
  }

  package mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(uniform() * Double(range.count))
  }

  package mutating func number(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }
}

/// A data set of random features; the target depends on them.
package func randomData(rows: Int, features: Int, classes: Int?, seed: Int = 0, held: Double = 0) throws -> DataSet {
  var generator = CounterGenerator.forTests(seed)
  var text = (0..<features).map { "x\($0)," }.joined() + "y\n"
  for row in 0..<rows {
    let values = (0..<features).map { _ in generator.number(in: -1.0...1.0) }
    let target =
      if let classes { "c\(row % classes)" } else { "\(values.reduce(0, +) + generator.number(in: -0.1...0.1))" }
    text += values.map { "\($0)," }.joined() + "\(target)\n"
  }
  return try DataSet(
    table: table(text), options: DataSetOptions(target: "y", validationFraction: held, testFraction: held))
}
