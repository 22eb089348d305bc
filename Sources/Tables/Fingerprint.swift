internal import Files
internal import FoundationEssentials

/// The same for equal values alone, for all practical purposes: what a checkpoint says of the configuration that it
/// belongs to.
package func fingerprint(of configuration: some Encodable) -> UInt64 {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  // Encoding fails for numbers that aren't finite; a validated configuration has none.
  return (try? encoder.encode(configuration)).map { fnv1a([UInt8]($0)) } ?? 0
}

extension DataSet {
  /// Tells data sets apart by what was fitted on them, by their sizes and by their first rows.
  package var fingerprint: UInt64 {
    unsafe memory.withUnsafeBytes { unsafe fnv1a([UInt8]($0.prefix(1 << 16))) }
  }
}

/// Fowler, Noll and Vo's hash of 64 bits, variant 1a.
private func fnv1a(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
