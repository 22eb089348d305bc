/// Chooses which messages of a run are kept where many are alike.
///
/// Two messages are of one kind if they differ only in words that contain a digit. Of each kind the first
/// ``kept`` are kept, then the 100th, the 1,000th and so on. There are ``kinds`` kinds at most; all further messages count as
/// one more. A run with a million failures thus keeps at most some thousand messages.
package struct MessageLimit {
  /// Messages of a kind that are kept before repetitions are left out.
  package static let kept = 10
  /// Kinds that are told apart.
  package static let kinds = 200

  /// Bytes of a message, digits replaced, by which its kind is told.
  private static let longestName = 300

  private struct Kind {
    /// The beginning of its first message.
    let example: String
    var count = 0
    var kept = 0
  }

  private var numbers: [String: Int] = [:]
  /// In the order of their first messages.
  private var seen: [Kind] = []

  package init() {}

  /// Counts a message.
  ///
  /// - Returns: which of its kind it is, from 1; nil where it is left out.
  package mutating func admit(_ message: String) -> Int? {
    let number = number(of: message)
    seen[number].count += 1
    let count = seen[number].count
    guard count <= Self.kept || Self.isPowerOfTen(count) else { return nil }
    seen[number].kept += 1
    return count
  }

  /// The kinds of which messages were left out: an example, and how many.
  package var leftOut: [(example: String, count: Int)] {
    seen.filter { $0.count > $0.kept }.map { ($0.example, $0.count - $0.kept) }
  }

  private mutating func number(of message: String) -> Int {
    let name = seen.count < Self.kinds ? Self.kind(of: message) : Self.kind(of: message, amongKnown: numbers)
    if let number = numbers[name] { return number }
    numbers[name] = seen.count
    seen.append(Kind(example: name.isEmpty ? "messages of further kinds" : String(message.prefix(200))))
    return seen.count - 1
  }

  /// The kind of a message where no new one is made: the empty name stands for all others.
  private static func kind(of message: String, amongKnown numbers: [String: Int]) -> String {
    let name = kind(of: message)
    return numbers[name] == nil ? "" : name
  }

  /// The message's beginning, with `#` for every word that contains a digit.
  private static func kind(of message: String) -> String {
    var kind: [UInt8] = []
    var word: [UInt8] = []
    var hasDigit = false
    func endWord() {
      kind += hasDigit ? [UInt8(ascii: "#")] : word
      word = []
      hasDigit = false
    }
    for byte in message.utf8.prefix(2 * longestName) where kind.count < longestName {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        hasDigit = true
        word.append(byte)
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: word.append(byte)
      default:
        endWord()
        kind.append(byte)
      }
    }
    endWord()
    // Never empty, which is the name of all further kinds.
    return "=" + String(decoding: kind.prefix(longestName), as: UTF8.self)
  }

  private static func isPowerOfTen(_ number: Int) -> Bool {
    var power = 1
    while power < number, power <= Int.max / 10 { power *= 10 }
    return power == number
  }
}
