import Search
import Testing

@Suite struct FailureTallyTests {
  /// A usage of a script ends near the limit: what is cut must not depend on how many digits the numbers before it have.
  @Test(arguments: 0..<300) func reasonsThatDifferInNumbersAloneAreOfOneKind(length: Int) {
    func reason(_ number: String, _ path: String) -> String {
      "exit code 2; it ends: \(String(repeating: "word ", count: length / 5))unrecognized arguments: --rate \(number) (\(path))"
    }
    let kinds = Set(
      [("0.47066541734529327", "out/logs/0/trial-1.log"), ("0.5", "out/logs/12/trial-100-try-2.log")]
        .map { FailureTally.kind(of: reason($0.0, $0.1)) })
    #expect(kinds.count == 1, "\(kinds)")
  }

  @Test func reasonsOfOtherWordsAreOfOtherKinds() {
    #expect(FailureTally.kind(of: "exit code 1: no memory") != FailureTally.kind(of: "exit code 1: no file"))
    #expect(FailureTally.kind(of: String(repeating: "a ", count: 5000)).count <= 200)
  }
}
