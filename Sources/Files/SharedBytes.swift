/// Read-only bytes in one place, never copied: a node's shared memory, or memory of our own.
@safe public final class SharedBytes: @unchecked Sendable {
  // Unchecked: nobody writes to the memory while this object lives. `init(borrowing:owner:)` asks that of its caller; a copy
  // is filled before this object is made.
  @usableFromInline let memory: UnsafeRawBufferPointer
  private let owner: AnyObject?
  private let isOwned: Bool

  /// Copies the bytes to memory aligned to 64 bytes.
  public convenience init(_ bytes: [UInt8]) {
    unsafe self.init(copying: bytes.span.bytes)
  }

  /// Where memory that is borrowed begins, at a multiple of so many bytes.
  private static let alignment = 32

  package init(copying bytes: RawSpan) {
    unsafe memory = unsafe bytes.withUnsafeBytes(unsafe Self.copy)
    owner = nil
    isOwned = true
  }

  /// Memory of our own with the same bytes, aligned to 64.
  private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
    unsafe copy.copyMemory(from: bytes)
    return unsafe UnsafeRawBufferPointer(start: copy.baseAddress, count: bytes.count)
  }

  /// Uses memory in place.
  ///
  /// - Parameters:
  ///   - bytes: nobody may write to them while this object lives. They are copied if their address is no multiple of 32.
  ///   - owner: kept alive as long as this object.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
    if Int(bitPattern: bytes.baseAddress) % Self.alignment == 0 {
      unsafe memory = unsafe bytes
      self.owner = owner
      isOwned = false
    } else {
      unsafe memory = unsafe Self.copy(bytes)
      self.owner = nil
      isOwned = true
    }
  }

  deinit {
    if isOwned { unsafe memory.deallocate() }
  }

  public var count: Int { unsafe memory.count }

  /// Whether the bytes are read where the caller of `init(borrowing:owner:)` has them.
  public var isInPlace: Bool { !isOwned }

  /// Calls `body` with the bytes.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try unsafe body(memory)
  }

  /// Calls `body` with `count` values that begin at byte `offset`.
  @inlinable @inline(__always)
  package func withSpan<Element: BitwiseCopyable, Result>(
    of type: Element.Type, offset: Int, count: Int, _ body: (Span<Element>) -> Result
  ) -> Result {
    unsafe precondition(
      offset >= 0 && count >= 0 && offset % MemoryLayout<Element>.alignment == 0
        && offset + count * MemoryLayout<Element>.stride <= memory.count, "outside the shared memory")
    let part = unsafe UnsafeRawBufferPointer(rebasing: memory[offset..<(offset + count * MemoryLayout<Element>.stride)])
    return unsafe body(part.assumingMemoryBound(to: type).span)
  }
}
