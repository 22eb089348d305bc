import Foundation
import Testing

/// The four ideas hold by what a module cannot see.
@Suite struct ImportTests {
  /// The search is pure: it does no I/O, reads no clock and knows no text.
  @Test(arguments: ["Search", "TuningTypes"])
  func aPureModuleImportsNoSystem(module: String) throws {
    let allowed: Set = [
      "TuningTypes", "SearchSpace", "SuccessiveHalving", "Randomness", "HeapModule", "Synchronization",
    ]
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/\(module)")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files where file.pathExtension == "swift" {
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        guard let found = line.wholeMatch(of: /(?:[@\w]+ )*import (?:\w+ )?(\w+)[.\w]*/) else { continue }
        #expect(allowed.contains(String(found.1)), "\(file.lastPathComponent): \(line)")
      }
    }
  }
}
