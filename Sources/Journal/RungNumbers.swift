internal import TuningTypes

/// A number for each rung, from 0 on in the order in which they come. A journal's fold asks for it with every record, so it is looked
/// up without hashing.
package struct RungNumbers: Sendable {
  package private(set) var keys: [StudyHistory.RungKey] = []
  /// By bracket and rung; -1 where there is none.
  private var table = [Int32](repeating: -1, count: Self.mostBrackets * Self.mostRungs)
  /// Those of brackets and rungs that few ladders have.
  private var others: [StudyHistory.RungKey: Int32] = [:]

  private static let mostBrackets = 16
  private static let mostRungs = 64

  package init() {}

  /// The number of a rung; nil where it has none yet.
  package subscript(key: StudyHistory.RungKey) -> Int? {
    let number = Self.place(of: key).map { table[$0] } ?? others[key] ?? -1
    return number < 0 ? nil : Int(number)
  }

  /// The number of a rung, which it gets if it has none yet.
  package mutating func number(of key: StudyHistory.RungKey) -> Int {
    if let known = self[key] { return known }
    let number = keys.count
    keys.append(key)
    if let place = Self.place(of: key) {
      table[place] = Int32(clamping: number)
    } else {
      others[key] = Int32(clamping: number)
    }
    return number
  }

  private static func place(of key: StudyHistory.RungKey) -> Int? {
    guard (0..<mostBrackets).contains(key.bracket.rawValue), (0..<mostRungs).contains(key.rung.rawValue) else {
      return nil
    }
    return key.bracket.rawValue * mostRungs + key.rung.rawValue
  }
}
