import Foundation
import LaunchSupport
import Testing

/// The short form of `make fuzz`.
@Suite struct FuzzTests {
  private static let readers = [
    "study", "table", "curves", "journal", "checkpoint", "model", "wire", "trainer-output", "tell",
  ]
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fuzz/corpus").standardizedFileURL.path(percentEncoded: false)

  @Test(arguments: readers) func aMutatedInputIsReadOrRefusedWithAMessage(reader: String) async throws {
    let outcome = try await Launch.program(
      "fuzz", arguments: [reader, "--count", "300", "--corpus", Self.corpus], timeLimit: .seconds(300))
    #expect(outcome.isSuccess, "\(outcome)")
  }

  @Test func everyReaderIsTried() async throws {
    let outcome = try await Launch.program("fuzz", arguments: ["--list"])
    #expect(outcome.lines.map(String.init) == Self.readers)
  }
}
