package import TuningTypes

/// Regular expressions that find losses and metrics in what a program prints for people.
///
/// Each match of the loss is a report. Its first group is the number, or, without a group, the whole match.
package struct OutputPatterns {
  /// The expressions as the study has them.
  package struct Sources: Hashable, Sendable {
    package var loss: String
    package var metrics: [Metric]
    package var resource: String?

    package struct Metric: Hashable, Sendable {
      package var name: String
      package var pattern: String

      package init(_ name: String, _ pattern: String) {
        self.name = name
        self.pattern = pattern
      }
    }

    package init(loss: String, metrics: [Metric] = [], resource: String? = nil) {
      self.loss = loss
      self.metrics = metrics
      self.resource = resource
    }
  }

  private let loss: Pattern
  private let metrics: [(name: String, pattern: Pattern)]
  private let resource: Pattern?
  /// What was found last.
  private var values: [Double?]
  private var units: Double
  private(set) package var last: ProgressReport?
  /// What the pattern of the loss has found last that is no number.
  private(set) var notNumber: String?

  /// - Parameter resource: what the trial's checkpoint holds: reports are counted from there, where no pattern finds the resource.
  /// - Throws: what the regular expressions' parser throws.
  package init(_ sources: Sources, from resource: Resource) throws {
    loss = try Pattern(sources.loss)
    metrics = try sources.metrics.map { ($0.name, try Pattern($0.pattern)) }
    self.resource = try sources.resource.map { try Pattern($0) }
    values = Array(repeating: nil, count: sources.metrics.count)
    units = Double(resource.rawValue)
  }

  /// Looks through a line.
  ///
  /// - Parameter report: is given what each match of the loss comes to.
  /// - Complexity: O(bytes) for a line that none of the expressions can match.
  package mutating func take(_ line: ArraySlice<UInt8>, _ report: (ProgressReport) -> Void) {
    let line = Line(VisibleLine.of(line))
    for (index, metric) in metrics.enumerated() {
      if let value = metric.pattern.numbers(in: line).last { values[index] = value }
    }
    if let found = resource?.numbers(in: line).last { units = found }
    for match in loss.matches(in: line) {
      guard case .number(let value) = match else {
        if case .text(let text) = match { notNumber = text }
        continue
      }
      if resource == nil { units += 1 }
      let next = ProgressReport(resource: units, TrainingReport(loss: value, metrics: knownMetrics))
      last = next
      report(next)
    }
  }

  private var knownMetrics: [TrainingReport.Metric] {
    zip(metrics, values).compactMap { metric, value in value.map { TrainingReport.Metric(metric.name, $0) } }
  }

  /// The last report as a result, with the metrics that were printed after it.
  package var result: TrainingReport? {
    guard let last else { return nil }
    return TrainingReport(loss: last.report.loss, metrics: knownMetrics)
  }
}

/// A line, made text only where that is needed.
private struct Line {
  let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes.prefix(Self.longest) }

  /// What of a line is looked at: a regular expression may take long.
  private static let longest = 4096

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func contains(_ literal: [UInt8]) -> Bool {
    guard let first = literal.first else { return true }
    var rest = bytes
    while let start = rest.firstIndex(of: first) {
      if rest[start...].starts(with: literal) { return true }
      rest = rest[(start + 1)...]
    }
    return false
  }
}

/// A regular expression that finds a number.
private struct Pattern {
  private let regex: Regex<AnyRegexOutput>
  /// What every match begins with: to look for it costs a hundredth of matching.
  private let literal: [UInt8]

  init(_ source: String) throws {
    regex = try Regex(source)
    literal = Self.literal(of: source)
  }

  enum Match {
    case number(Double)
    /// What was found is none.
    case text(String)
  }

  func matches(in line: Line) -> [Match] {
    guard line.contains(literal) else { return [] }
    return line.text.matches(of: regex).compactMap { match in
      let groups = match.output
      let found = groups.count > 1 ? groups[1].substring : groups[0].substring
      return found.map { text in Self.number(text).map(Match.number) ?? .text(String(text.prefix(60))) }
    }
  }

  func numbers(in line: Line) -> [Double] {
    matches(in: line).compactMap { if case .number(let value) = $0 { value } else { nil } }
  }

  /// A number as programs print it: a comma or a percent sign may follow.
  private static func number(_ text: Substring) -> Double? {
    var text = text
    while let last = text.last, ",;:%)]}|".contains(last) { text.removeLast() }
    return Double(text)
  }

  /// The text that an expression begins with, as far as it stands for itself.
  private static func literal(of source: String) -> [UInt8] {
    guard !source.contains("|"), !source.contains("(?") else { return [] }
    var literal = ""
    for character in source {
      if "*?{".contains(character) {
        if !literal.isEmpty { literal.removeLast() }
        break
      }
      guard character.isASCII, !#".+()[]^$\"#.contains(character) else { break }
      literal.append(character)
    }
    return Array(literal.utf8)
  }
}
