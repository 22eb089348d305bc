internal import Files

/// Environment variables as a program gets them: bytes, which need not be UTF-8, and are handed on as they came.
package struct ProgramEnvironment: Hashable, Sendable {
  /// Values by name. A name that is not UTF-8 stands here as text that gives its bytes again.
  private var values: [String: [UInt8]]

  /// - Parameter entries: `NAME=VALUE`, as the system has them; those without a `=` are left out.
  package init(entries: [[UInt8]] = []) {
    values = [:]
    for entry in entries {
      // A name may begin with a `=` (bash keeps none such; others do).
      guard let equals = entry.dropFirst().firstIndex(of: UInt8(ascii: "=")) else { continue }
      values[String(systemBytes: entry[..<equals])] = Array(entry[(equals + 1)...])
    }
  }

  package init(_ values: [String: String]) { self.values = values.mapValues(\.systemBytes) }

  /// A value as text that gives its bytes again.
  package subscript(name: String) -> String? {
    get { values[name].map { String(systemBytes: $0) } }
    set { values[name] = newValue?.systemBytes }
  }

  func filter(_ isKept: (String) -> Bool) -> ProgramEnvironment {
    var kept = self
    kept.values = values.filter { isKept($0.key) }
    return kept
  }

  mutating func merge(_ additions: [String: String]) {
    for (name, value) in additions { self[name] = value }
  }

  /// `NAME=VALUE`, as a new process is given them, in the order of the names.
  package var entries: [[UInt8]] {
    values.sorted { $0.key < $1.key }.map { $0.key.systemBytes + [UInt8(ascii: "=")] + $0.value }
  }
}
