import Foundation
import Randomness
import Tuning

/// A generator whose seed in a failure message gives the same history on every machine.
func testGenerator(_ seed: Int) -> CounterGenerator {
  CounterGenerator(seed: UInt64(seed), purpose: .synthetic, index: 1 << 40)
}

extension CounterGenerator {
  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
  mutating func chance(_ probability: Double) -> Bool { uniform() < probability }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// A study from its YAML, as if it stood in `study.yaml` in the folder `/data`.
func decodedStudy(_ yaml: String, set overrides: [String] = []) throws(StudyError) -> Study {
  try Study(yaml: yaml, source: "study.yaml", directory: "/data", overrides: overrides)
}

/// The message that a person gets for a study, or "sound".
func complaint(_ yaml: String, set overrides: [String] = []) -> String {
  do {
    _ = try decodedStudy(yaml, set: overrides)
    return "sound"
  } catch {
    return error.description
  }
}

/// A folder of a test's own, deleted with the object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
