public import Files
internal import FoundationEssentials

/// The layout, all numbers in the machine's own byte order: 8 bytes of magic with the version, the size of the whole
/// (UInt64), the size of a JSON header (UInt64), the header, then for each part its features and its targets, each at a
/// multiple of 64 bytes.
extension DataSet {
  /// The whole data set as one block of bytes, for another process's ``init(memory:)``.
  ///
  /// - Complexity: O(bytes); `memory` has the same bytes without a copy.
  public func serialized() -> [UInt8] {
    unsafe memory.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Reads a data set in place: its numbers stay where they are.
  ///
  /// - Complexity: O(features + classes).
  /// - Throws: ``DataError`` where the bytes are no data set of this version.
  public init(memory: SharedBytes) throws(DataError) {
    let header = try Self.header(of: memory)
    var offset = 64.roundingUp(prefixSize + header.size)
    func part(_ count: Int, _ featureCount: Int) -> Part {
      let features = FeatureMatrix(count: count, columns: featureCount, memory: memory, offset: offset)
      offset += 64.roundingUp(count * features.rowLanes * MemoryLayout<Lanes>.size)
      defer { offset += 64.roundingUp(count * 4) }
      return Part(features: features, targetOffset: offset)
    }
    let preprocessing = header.content.preprocessing
    let counts = header.content.counts
    let columns = preprocessing.featureCount
    let rowSize = Lanes.count(holding: columns) * MemoryLayout<Lanes>.size
    guard counts.count == 3, columns > 0, counts.allSatisfy({ $0 >= 0 && $0 <= memory.count / rowSize }) else {
      throw notADataSet
    }
    let parts = counts.map { part($0, columns) }
    guard offset == memory.count else { throw notADataSet }
    self.init(
      train: parts[0], validation: parts[1], test: parts[2], preprocessing: preprocessing, memory: memory)
  }

  struct PartContent {
    var features: [Float]
    var labels: [Int32] = []
    var targets: [Float] = []
    var count: Int
  }

  /// Lays parts out in one block.
  init(parts: [PartContent], preprocessing: Preprocessing) throws(DataError) {
    let header = Header(preprocessing: preprocessing, counts: parts.map(\.count))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys  // One table gives the same bytes in every process.
    guard let json = try? encoder.encode(header) else { throw notADataSet }
    var bytes: [UInt8] = magic
    var size = 64.roundingUp(prefixSize + json.count)
    for part in parts { size += 64.roundingUp(part.features.count * 4) + 64.roundingUp(part.count * 4) }
    bytes.reserveCapacity(size)
    bytes.append(bytesOf: [UInt64(size), UInt64(json.count)].span)
    bytes += json
    bytes.pad(toMultipleOf: 64)
    for part in parts {
      bytes.append(bytesOf: part.features.span)
      bytes.pad(toMultipleOf: 64)
      bytes.append(bytesOf: part.labels.span)
      bytes.append(bytesOf: part.targets.span)
      bytes.pad(toMultipleOf: 64)
    }
    try self.init(memory: SharedBytes(bytes))
  }

  private struct Header: Codable {
    var preprocessing: Preprocessing
    var counts: [Int]
  }

  private static func header(of memory: SharedBytes) throws(DataError) -> (content: Header, size: Int) {
    let prefix = unsafe memory.withUnsafeBytes { unsafe [UInt8]($0.prefix(prefixSize)) }
    guard prefix.count == prefixSize, Array(prefix[..<8]) == magic,
      prefix.load(UInt64.self, at: 8) == UInt64(memory.count)
    else { throw notADataSet }
    let size = prefix.load(UInt64.self, at: 16)
    guard size <= UInt64(memory.count - prefixSize) else { throw notADataSet }
    let json = unsafe memory.withUnsafeBytes { unsafe Data($0[prefixSize..<(prefixSize + Int(size))]) }
    guard let header = try? JSONDecoder().decode(Header.self, from: json) else { throw notADataSet }
    return (header, Int(size))
  }
}

private let magic = Array("ASHDATA1".utf8)
private let prefixSize = 24
private let notADataSet = DataError(
  file: nil, problem: "the memory holds no data set of this version of the program",
  advice: "Run the same version of the program on every rank")

extension Int {
  /// The least multiple of `self` that is at least `value`.
  package func roundingUp(_ value: Int) -> Int { (value + self - 1) / self * self }
}

extension [UInt8] {
  fileprivate mutating func pad(toMultipleOf alignment: Int) {
    append(contentsOf: repeatElement(0, count: alignment.roundingUp(count) - count))
  }
}
