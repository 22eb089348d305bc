public import Text
public import TuningTypes

extension ParameterValue {
  public var json: JSONValue {
    switch self {
    case .integer(let value): .integer(value)
    case .real(let value): .number(value)
    case .text(let value): .text(value)
    case .flag(let value): .flag(value)
    }
  }
}

extension Configuration {
  public var json: JSONValue { .object(entries.map { .init($0.name, $0.value.json) }) }
}

extension ParameterValue {
  package init?(json: JSONValue) {
    switch json {
    case .flag(let value): self = .flag(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .real(value)
    case .text(let value): self = .text(value)
    case .null, .array, .object: return nil
    }
  }
}

extension JSONText {
  public mutating func append(_ configuration: Configuration) {
    append(configuration, ConfigurationPhrases(of: configuration.layout))
  }

  /// The same with phrases that are at hand.
  ///
  /// - Precondition: they are those of the configuration's layout.
  package mutating func append(_ configuration: Configuration, _ phrases: ConfigurationPhrases) {
    var cursor = cursor(withRoomFor: phrases.mostBytes)
    phrases.put(configuration, at: &cursor)
    end(at: cursor)
  }
}

/// What all configurations of a layout have in common, as it stands in JSON: names, and values that are listed.
package final class ConfigurationPhrases: Sendable {
  package let layout: Configuration.Layout
  private let text: JSONText
  /// Where each stands in the text; each begins with a comma.
  private let phrases: [Range<Int>]
  /// For each hyperparameter the number of its first phrase: its name, where it takes numbers, and otherwise its name with the
  /// first of its values, which the others follow.
  private let first: [Int]
  /// What a configuration needs.
  fileprivate let mostBytes: Int

  package init(of layout: Configuration.Layout) {
    var text = JSONText()
    var (phrases, first) = ([Range<Int>](), [Int]())
    for parameter in layout.parameters {
      first.append(phrases.count)
      for value in parameter.values.isEmpty ? [nil] : parameter.values.map(Optional.some) {
        let start = text.count
        text.append(raw: ",")
        text.append(parameter.name)
        text.append(raw: ":")
        if let value { text.append(value.json) }
        phrases.append(start..<text.count)
      }
    }
    for _ in 0..<JSONText.Cursor.margin { text.append(raw: " ") }
    // As if all of every list stood in it.
    mostBytes = text.count + layout.count * JSONText.Cursor.numberSize + 2
    self.layout = layout
    self.text = text
    (self.phrases, self.first) = (phrases, first)
  }

  fileprivate func put(_ configuration: Configuration, at cursor: inout JSONText.Cursor) {
    cursor.put("{")
    // The first has the brace in place of its comma.
    var skipped = 1
    func put(phrase number: Int) {
      cursor.put(phrases[number].lowerBound + skipped..<phrases[number].upperBound, of: text)
      skipped = 0
    }
    for position in first.indices {
      switch configuration[position] {
      case .absent: break
      case .integer(let number):
        put(phrase: first[position])
        cursor.put(number)
      case .real(let number):
        put(phrase: first[position])
        cursor.put(number)
      case .listed(let value): put(phrase: first[position] + value)
      }
    }
    cursor.put("}")
  }
}
