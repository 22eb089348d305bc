internal import Randomness
internal import TestSupport

/// Changes bytes as damage, slips of the pen and malice do.
struct Mutation {
  /// Words that the format knows: they take the place of others.
  let words: [[UInt8]]
  var random: CounterGenerator

  /// Numbers at which programs break.
  private static let numbers: [[UInt8]] = [
    "0", "-1", "1", "1e999", "-1e999", "nan", "inf", "1e-400", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "18446744073709551616", "4294967296", "2147483648", "65536", "1e18", "0.1", "-0",
    "00000000000000000000001", "1234567890123456789012345678901234567890",
  ].map { Array($0.utf8) }

  private static let oddBytes: [UInt8] = [
    0, 0x09, 0x0A, 0x0D, 0x1B, 0x20, 0x22, 0x27, 0x2C, 0x3A, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x7F, 0x80, 0xC0, 0xE2, 0xF4,
    0xFF,
  ]

  /// - Parameter corpus: what pieces of other inputs come from.
  mutating func apply(to input: [UInt8], corpus: [[UInt8]]) -> [UInt8] {
    var bytes = input
    repeat { step(&bytes, corpus) } while random.chance(0.45)
    return bytes
  }

  private mutating func step(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
    guard !bytes.isEmpty else {
      bytes = random.pick(Self.numbers)
      return
    }
    let place = random.below(bytes.count)
    switch random.below(12) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place] = random.pick(Self.oddBytes)
    case 2: bytes[place] = UInt8(random.below(256))
    case 3: bytes.removeSubrange(range(from: place, in: bytes))
    case 4: bytes.insert(contentsOf: bytes[range(from: place, in: bytes)], at: random.below(bytes.count + 1))
    case 5: bytes.removeSubrange(place...)
    case 6: replaceNumber(&bytes, from: place)
    case 7: if !words.isEmpty { replaceWord(&bytes, from: place) }
    case 8: moveLine(&bytes)
    case 9:
      let other = random.pick(corpus)
      guard !other.isEmpty else { return }
      bytes.insert(contentsOf: other[range(from: random.below(other.count), in: other)], at: place)
    case 10:
      // A 64-bit number of a binary format.
      let value = random.pick([0, 1, .max, 1 << 31, 1 << 32, 1 << 62, 1 << 63, UInt64(bytes.count)])
      for (offset, at) in (place..<min(place + 8, bytes.count)).enumerated() {
        bytes[at] = UInt8(truncatingIfNeeded: value >> UInt64(8 * offset))
      }
    default:
      let piece = bytes[range(from: place, in: bytes)]
      let times = random.pick([2, 10, 1000])
      guard piece.count * times < 1 << 20 else { return }
      for _ in 0..<times { bytes.insert(contentsOf: piece, at: place) }
    }
  }

  /// A piece of some length, mostly short.
  private mutating func range(from place: Int, in bytes: [UInt8]) -> Range<Int> {
    let length = random.chance(0.7) ? 1 + random.below(16) : 1 + random.below(bytes.count)
    return place..<min(place + length, bytes.count)
  }

  private mutating func replaceNumber(_ bytes: inout [UInt8], from place: Int) {
    let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) && $0 != 0x2E } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: random.pick(Self.numbers))
  }

  private mutating func replaceWord(_ bytes: inout [UInt8], from place: Int) {
    let isLetter = { (byte: UInt8) in byte >= 0x61 && byte <= 0x7A || byte == 0x5F }
    guard let start = bytes[place...].firstIndex(where: isLetter) else { return }
    let end = bytes[start...].firstIndex { !isLetter($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: random.pick(words))
  }

  private mutating func moveLine(_ bytes: inout [UInt8]) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let line = lines.remove(at: random.below(lines.count))
    switch random.below(3) {
    case 0: break
    case 1: lines.insert(line, at: random.below(lines.count + 1))
    default:
      lines.insert(line, at: random.below(lines.count + 1))
      lines.insert(line, at: random.below(lines.count + 1))
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }
}
