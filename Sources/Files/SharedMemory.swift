/// Read-only memory that somebody else keeps alive.
// @unchecked: the memory is never written after it was shared, and `owner` keeps it mapped.
public struct SharedMemory: @unchecked Sendable {
  public let bytes: UnsafeRawBufferPointer
  public let owner: AnyObject

  public init(bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    self.bytes = bytes
    self.owner = owner
  }

  /// Shares a copy of `bytes` within this process.
  public init(copying bytes: [UInt8]) {
    final class Storage {
      let buffer: UnsafeMutableRawBufferPointer
      init(_ bytes: [UInt8]) {
        buffer = .allocate(byteCount: bytes.count, alignment: 64)
        buffer.copyBytes(from: bytes)
      }
      deinit { buffer.deallocate() }
    }
    let storage = Storage(bytes)
    self.init(bytes: UnsafeRawBufferPointer(storage.buffer), owner: storage)
  }
}
