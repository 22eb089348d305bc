internal import CStorage
internal import Glibc

/// The few file operations that the program needs, with errors that name the path.
///
/// Where a function has a parameter `root`, a folder above the path, no link below that folder is followed; see ``Holder``.
package enum Disk {
  /// The whole file, or nil where there is none.
  package static func read(_ path: String) throws(DiskError) -> [UInt8]? {
    guard let file = try openForReading(path) else { return nil }
    defer { close(file) }
    return try read(file, path: path)
  }

  /// Nil where nothing is there.
  private static func openForReading(_ path: String) throws(DiskError) -> Int32? {
    let file = unsafe path.withSystemPath { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    if file >= 0 { return file }
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw .last("read", path)
  }

  /// The whole of a regular file; nil for everything else: nothing, a folder, a link, a pipe, what can't be read to its end.
  ///
  /// - Throws: ``DiskError`` where it may not be read, or a link is on the way.
  package static func readRegularFile(_ path: String, below root: String? = nil) throws(DiskError) -> [UInt8]? {
    let file: Int32
    do throws(DiskError) {
      let holder = try Holder(path, below: root, to: "read")
      // Opening a pipe would block until another process opens it for writing.
      file = unsafe holder.name.withSystemPath {
        unsafe openat(holder.descriptor, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      }
      guard file >= 0 else {
        if [EACCES, EPERM].contains(errno) { throw DiskError.last("read", path) }
        return nil
      }
    } catch {
      if [ENOENT, ENOTDIR].contains(error.code) { return nil }
      throw error
    }
    defer { close(file) }
    guard status(of: file)?.kind == S_IFREG else { return nil }
    return try? read(file, path: path)
  }

  private static func read(_ file: Int32, path: String) throws(DiskError) -> [UInt8] {
    guard let status = status(of: file) else { throw .last("read", path) }
    guard status.kind != S_IFDIR else { throw DiskError(path: path, operation: "read", code: EISDIR) }
    let size = max(Int(status.st_size), 4096)
    var bytes: [UInt8] = []
    while true {
      let chunk = try [UInt8](capacity: size, reading: file, path: path)
      if chunk.isEmpty { return bytes }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
    }
  }

  /// The bytes of a part of a file, fewer where it ends before; nil where there is no file.
  package static func read(_ path: String, from offset: Int, count: Int) throws(DiskError) -> [UInt8]? {
    guard let file = try openForReading(path) else { return nil }
    defer { close(file) }
    return try read(file, from: offset, count: count, path: path)
  }

  private static func read(_ file: Int32, from offset: Int, count: Int, path: String) throws(DiskError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = unsafe pread(file, buffer.baseAddress.map { unsafe $0 + filled }, count - filled, offset + filled)
        if got < 0, errno == EINTR { continue }
        if got < 0 { code = errno }
        guard got > 0 else { return }
        filled += got
      }
    }
    if code != 0 { throw DiskError(path: path, operation: "read", code: code) }
    return bytes
  }

  /// Writes `bytes` beside `path` and renames them into place: readers see the old file or the new one, never a part.
  ///
  /// - Parameter durable: wait until the bytes, and the name, are on the disk.
  package static func writeAtomically(
    _ bytes: [UInt8], to path: String, below root: String? = nil, durable: Bool = false
  ) throws(DiskError) {
    do {
      try writeAtomically(to: path, below: root, durable: durable) { write in try write(bytes) }
    } catch {
      throw error as? DiskError ?? DiskError(path: path, operation: "write", code: EIO)
    }
  }

  /// The same for what is made piece by piece: `body` is given what writes a piece.
  ///
  /// - Throws: ``DiskError``; what `body` throws.
  package static func writeAtomically(
    to path: String, below root: String? = nil, durable: Bool = false,
    _ body: (_ write: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    let holder = try Holder(path, below: root, to: "write")
    let temporary = holder.temporaryName()
    let file = try holder.create(temporary, to: "write")
    do {
      try body { bytes in try write(bytes, to: file, path: path) }
      if durable, fsync(file) != 0 { throw DiskError.last("write", path) }
    } catch {
      close(file)
      holder.unlink(temporary)
      throw error
    }
    guard close(file) == 0, holder.rename(temporary, to: holder.name) else {
      let error = DiskError.last("write", path)
      holder.unlink(temporary)
      throw error
    }
    if durable { holder.synchronize() }
  }

  /// Writes a file that a person has named. What is there and is no regular file, such as a pipe or a device, is written into; a link
  /// leads to what is written.
  package static func writeNamed(_ bytes: [UInt8], to path: String) throws(DiskError) {
    let target = Paths.resolved(path)
    guard let kind = status(target)?.kind, kind != S_IFREG, kind != S_IFDIR else {
      return try writeAtomically(bytes, to: target)
    }
    let file = unsafe target.withSystemPath { unsafe open($0, O_WRONLY | O_CLOEXEC) }
    guard file >= 0 else { throw DiskError.last("write", path) }
    defer { close(file) }
    try write(bytes, to: file, path: path)
  }

  /// Tries whether so many bytes more would find room in a folder, and leaves nothing behind.
  ///
  /// - Throws: ``DiskError`` with what would have stopped them: no space, a quota, a file system that is read-only.
  package static func expectRoom(for bytes: Int, in folder: String, below root: String? = nil) throws(DiskError) {
    let holder = try Holder("\(folder)/room", below: root, to: "write to")
    let temporary = holder.temporaryName()
    let file: Int32
    do {
      file = try holder.create(temporary, to: "write to")
    } catch {
      throw DiskError(path: folder, operation: "write to", code: error.code)
    }
    var code = posix_fallocate(file, 0, bytes)
    // Some file systems find out only now.
    if fsync(file) != 0, code == 0 { code = errno }
    if close(file) != 0, code == 0 { code = errno }
    holder.unlink(temporary)
    guard code == 0 else { throw DiskError(path: folder, operation: "write to", code: code) }
  }

  /// Looks whether this process may write into a folder: permissions, an immutable folder, a file system that is read-only.
  package static func expectWritable(_ folder: String) throws(DiskError) {
    guard unsafe folder.withSystemPath({ unsafe access($0, W_OK | X_OK) }) == 0 else { throw .last("write to", folder) }
  }

  /// How many bytes a file has; 0 where there is none.
  package static func size(_ path: String) -> Int { status(path).map { Int($0.st_size) } ?? 0 }

  /// When a file was last written to, in seconds since 1970; nil where there is none.
  package static func modificationTime(_ path: String) -> Double? {
    status(path).map { Double($0.st_mtim.tv_sec) + Double($0.st_mtim.tv_nsec) * 1e-9 }
  }

  /// How many bytes a user may still write to the file system of a folder; nil where there is none.
  package static func freeSpace(of folder: String) -> Int? {
    var status = statvfs()
    guard unsafe folder.withSystemPath({ unsafe statvfs($0, &status) }) == 0 else { return nil }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }

  /// Device and inode number: the same for all names of a file, and for no other file.
  package struct Identity: Hashable, Sendable {
    let device: UInt
    let number: UInt

    init(_ status: stat) { (device, number) = (UInt(status.st_dev), UInt(status.st_ino)) }

    /// The file of a path.
    package init?(_ path: String) {
      guard let status = status(path) else { return nil }
      self.init(status)
    }

    /// An open file.
    package init?(of file: Int32) {
      guard let status = status(of: file) else { return nil }
      self.init(status)
    }
  }

  /// What a path leads to; nil where that is nothing.
  static func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe path.withSystemPath { unsafe stat($0, &status) } == 0 ? status : nil
  }

  private static func status(of file: Int32) -> stat? {
    var status = stat()
    return unsafe fstat(file, &status) == 0 ? status : nil
  }

  /// How many bytes an open file has; nil where the system does not say.
  package static func size(of file: Int32) -> Int? { status(of: file).map { Int($0.st_size) } }

  /// Creates `path`, which must not be there yet, for appending; its name is on the disk.
  package static func createForAppending(_ path: String) throws(DiskError) -> Int32 {
    let file = unsafe path.withSystemPath {
      unsafe open($0, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw .last("create", path) }
    try Holder(path, below: nil, to: "create").synchronize()
    return file
  }

  /// Creates `path` in place of what is there, with the folders on the way.
  package static func createForWriting(_ path: String, below root: String? = nil) throws(DiskError) -> Int32 {
    if root == nil { try makeFolder(Paths.folder(of: path)) }
    let holder = try Holder(path, below: root, makesFolders: true, to: "create")
    // Deleted and not emptied: the file may have another name elsewhere, or be a link.
    holder.unlink(holder.name)
    return try holder.create(holder.name, to: "create")
  }

  /// Opens `path`, which must be there, for appending.
  ///
  /// - Parameter length: where to cut the file off first.
  package static func openForAppending(_ path: String, keeping length: Int? = nil) throws(DiskError) -> Int32 {
    let file = unsafe path.withSystemPath { unsafe open($0, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC) }
    guard file >= 0 else { throw .last("write to", path) }
    if let length, ftruncate(file, length) != 0 {
      let error = DiskError.last("write to", path)
      close(file)
      throw error
    }
    return file
  }

  /// Opens a log for appending, made where it is missing. A last line that was cut off by a crash is ended first.
  package static func openLog(_ path: String, below root: String) throws(DiskError) -> Int32 {
    let holder = try Holder(path, below: root, to: "write to")
    let file = unsafe holder.name.withSystemPath {
      // Opening a pipe would block until another process opens it for reading.
      unsafe openat(
        holder.descriptor, $0, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw .last("write to", path) }
    do throws(DiskError) {
      guard let status = status(of: file), status.kind == S_IFREG else {
        throw DiskError(path: path, operation: "write to", code: EINVAL)
      }
      let size = Int(status.st_size)
      if size > 0, try read(file, from: size - 1, count: 1, path: path) != [0x0A] {
        try write([0x0A], to: file, path: path)
      }
    } catch {
      close(file)
      throw error
    }
    return file
  }

  package static func write(_ bytes: [UInt8], to file: Int32, path: String) throws(DiskError) {
    try unsafe bytes.span.withUnsafeBytes { (bytes) throws(DiskError) in try unsafe write(bytes, to: file, path: path) }
  }

  /// Sets blocks aside for what will be written behind a file's end; its length stays.
  ///
  /// - Returns: false, and nothing is set aside, where there is no room or the file system can't.
  package static func setAside(_ bytes: Int, from offset: Int, for file: Int32) -> Bool {
    if ash_set_storage_aside(file, offset, bytes) == 0 { return true }
    giveBack(from: file)
    return false
  }

  /// Frees the blocks that lie behind a file's end.
  package static func giveBack(from file: Int32) {
    if let size = size(of: file) { ftruncate(file, size) }
  }

  /// Copies all of an open file, which need not have a name any more, to a new one.
  package static func copy(_ file: Int32, to path: String) throws(DiskError) {
    let holder = try Holder(path, below: nil, to: "write")
    holder.unlink(holder.name)
    let copy = try holder.create(holder.name, to: "write")
    defer { close(copy) }
    try copyBytes(of: file, to: copy, path: path)
    try synchronize(copy, path: path)
    holder.synchronize()
  }

  /// Copies all bytes of an open file to the end of another.
  static func copyBytes(of file: Int32, to copy: Int32, path: String) throws(DiskError) {
    var offset = 0
    while true {
      let bytes = try read(file, from: offset, count: 1 << 17, path: path)
      if bytes.isEmpty { return }
      try write(bytes, to: copy, path: path)
      offset += bytes.count
    }
  }

  package static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws(DiskError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe Glibc.write(file, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last("write to", path)
      }
      written += count
    }
  }

  package static func synchronize(_ file: Int32, path: String) throws(DiskError) {
    guard fsync(file) == 0 else { throw .last("write to", path) }
  }

  package static func closeFile(_ file: Int32) { close(file) }

  package static func isExecutable(_ path: String) -> Bool {
    unsafe path.withSystemPath { unsafe access($0, X_OK) } == 0
  }

  package static func exists(_ path: String) -> Bool { unsafe path.withSystemPath { unsafe access($0, F_OK) } == 0 }

  /// Makes `path` another name of `existing`, replacing what was there; false where `existing` is missing.
  ///
  /// A file that is later replaced by ``writeAtomically(_:to:below:durable:)`` keeps its old contents under the other name.
  package static func link(
    _ existing: String, as path: String, below root: String? = nil
  ) throws(DiskError) -> Bool {
    let target = try Holder(path, below: root, to: "write")
    do throws(DiskError) {
      return try link(try Holder(existing, below: root, to: "read"), as: target, below: root)
    } catch {
      if error.code == ENOENT { return false }
      throw error
    }
  }

  private static func link(
    _ source: borrowing Holder, as target: borrowing Holder, below root: String?
  ) throws(DiskError) -> Bool {
    let temporary = target.temporaryName()
    let code = unsafe source.name.withSystemPath { old in
      unsafe temporary.withSystemPath { unsafe linkat(source.descriptor, old, target.descriptor, $0, 0) }
    }
    if code != 0 {
      if errno == ENOENT { return false }
      // A file system without hard links: copy instead.
      guard let bytes = try readRegularFile(source.path, below: root) else { return false }
      try writeAtomically(bytes, to: target.path, below: root)
      return true
    }
    guard target.rename(temporary, to: target.name) else {
      let error = DiskError.last("write", target.path)
      target.unlink(temporary)
      throw error
    }
    // rename() leaves the temporary name alone where both already name the same file.
    target.unlink(temporary)
    return true
  }

  /// Deletes a file.
  package static func removeFile(_ path: String) throws(DiskError) {
    guard unsafe path.withSystemPath({ unsafe unlink($0) }) == 0 else { throw .last("delete", path) }
  }
}

extension stat {
  /// `S_IFREG`, `S_IFDIR` and so on.
  var kind: mode_t { st_mode & S_IFMT }
}

extension [UInt8] {
  /// Up to `capacity` bytes read from a file; empty at its end.
  fileprivate init(capacity: Int, reading file: Int32, path: String) throws(DiskError) {
    var code: Int32 = 0
    unsafe self.init(unsafeUninitializedCapacity: capacity) { buffer, count in
      var got: Int
      repeat { got = unsafe Glibc.read(file, buffer.baseAddress, capacity) } while got < 0 && errno == EINTR
      if got < 0 { code = errno }
      count = Swift.max(0, got)
    }
    if code != 0 { throw DiskError(path: path, operation: "read", code: code) }
  }
}
