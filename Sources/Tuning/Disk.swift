internal import CStorage
internal import Glibc

/// What the operating system refused, on which path, and why.
public struct DiskError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var operation: String
  public var code: Int32

  public init(path: String, operation: String, code: Int32) {
    self.path = path
    self.operation = operation
    self.code = code
  }

  /// The disk is full, or its owner's share of it is used up.
  public var isAboutSpace: Bool { code == ENOSPC || code == EDQUOT }

  public var description: String { "can't \(operation) \(path): \(String(cString: strerror(code)))" }

  static func last(_ operation: String, _ path: String) -> DiskError {
    DiskError(path: path, operation: operation, code: errno)
  }
}

/// The few file operations that the program needs, with errors that name the path.
public enum Disk {
  /// The whole file, or nil where there is none.
  public static func read(_ path: String) throws(DiskError) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .last("read", path)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .last("read", path) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw DiskError(path: path, operation: "read", code: EISDIR) }
    let size = max(Int(status.st_size), 4096)
    var bytes: [UInt8] = []
    while true {
      let chunk = try [UInt8](capacity: size, reading: file, path: path)
      if chunk.isEmpty { return bytes }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
    }
  }

  /// The whole of a regular file; nil for everything else: nothing, a folder, a link, a pipe, what can't be read to its end.
  ///
  /// - Throws: ``DiskError`` where it may not be read.
  static func readRegularFile(_ path: String) throws(DiskError) -> [UInt8]? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      if [EACCES, EPERM].contains(errno) && access(path, F_OK) != 0 { throw .last("read", path) }
      return nil
    }
    do {
      return try read(path)
    } catch {
      guard [EACCES, EPERM].contains(error.code) else { return nil }
      throw error
    }
  }

  /// Looks whether this process may write into a folder: permissions, an immutable folder, a file system that is read-only.
  static func expectWritable(_ folder: String) throws(DiskError) {
    guard access(folder, W_OK | X_OK) == 0 else { throw .last("write to", folder) }
  }

  /// Writes `bytes` beside `path` and renames them into place: readers see the old file or the new one, never a part.
  ///
  /// - Parameter durable: wait until the bytes are on the disk.
  public static func writeAtomically(_ bytes: [UInt8], to path: String, durable: Bool = false) throws(DiskError) {
    let temporary = "\(path).\(getpid()).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .last("write", path) }
    do throws(DiskError) {
      try write(bytes, to: file, path: path)
      if durable, fsync(file) != 0 { throw .last("write", path) }
    } catch {
      close(file)
      unlink(temporary)
      throw error
    }
    guard close(file) == 0, rename(temporary, path) == 0 else {
      let error = DiskError.last("write", path)
      unlink(temporary)
      throw error
    }
  }

  /// Tries whether so many bytes more would find room in a folder, and leaves nothing behind.
  ///
  /// - Throws: ``DiskError`` with what would have stopped them: no space, a quota, a file system that is read-only.
  public static func expectRoom(for bytes: Int, in folder: String) throws(DiskError) {
    let temporary = "\(folder)/room.\(getpid()).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .last("write to", folder) }
    var code = posix_fallocate(file, 0, bytes)
    // Some file systems find out only now.
    if fsync(file) != 0, code == 0 { code = errno }
    if close(file) != 0, code == 0 { code = errno }
    unlink(temporary)
    guard code == 0 else { throw DiskError(path: folder, operation: "write to", code: code) }
  }

  /// How many bytes a file has; 0 where there is none.
  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Creates `path`, which must not be there yet, for appending.
  static func createForAppending(_ path: String) throws(DiskError) -> Int32 {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .last("create", path) }
    return file
  }

  /// Creates `path`, or empties what is there.
  package static func createForWriting(_ path: String) throws(DiskError) -> Int32 {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .last("create", path) }
    return file
  }

  /// Opens `path`, which must be there, for appending.
  ///
  /// - Parameter length: where to cut the file off first.
  static func openForAppending(_ path: String, keeping length: Int? = nil) throws(DiskError) -> Int32 {
    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw .last("write to", path) }
    if let length, ftruncate(file, length) != 0 {
      let error = DiskError.last("write to", path)
      close(file)
      throw error
    }
    return file
  }

  package static func write(_ bytes: [UInt8], to file: Int32, path: String) throws(DiskError) {
    try bytes.span.withUnsafeBytes { (bytes) throws(DiskError) in try write(bytes, to: file, path: path) }
  }

  /// Sets blocks aside for what will be written behind a file's end; its length stays.
  ///
  /// - Returns: false, and nothing is set aside, where there is no room or the file system can't.
  static func setAside(_ bytes: Int, from offset: Int, for file: Int32) -> Bool {
    if ash_set_storage_aside(file, offset, bytes) == 0 { return true }
    giveBack(from: file)
    return false
  }

  /// Frees the blocks that lie behind a file's end.
  static func giveBack(from file: Int32) {
    var status = stat()
    if fstat(file, &status) == 0 { ftruncate(file, status.st_size) }
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws(DiskError) {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(file, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last("write to", path)
      }
      written += count
    }
  }

  static func synchronize(_ file: Int32, path: String) throws(DiskError) {
    guard fsync(file) == 0 else { throw .last("write to", path) }
  }

  package static func closeFile(_ file: Int32) { close(file) }

  /// Makes a folder and those above it; one that is there already is fine.
  public static func makeFolder(_ path: String) throws(DiskError) {
    if mkdir(path, 0o777) == 0 || errno == EEXIST && isFolder(path) { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw .last("create the folder", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .last("create the folder", path) }
  }

  /// Makes a folder that must not be there yet; false where something of that name is.
  public static func makeNewFolder(_ path: String) throws(DiskError) -> Bool {
    if mkdir(path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    throw .last("create the folder", path)
  }

  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes `path` another name of `existing`, replacing what was there; false where `existing` is missing.
  ///
  /// A file that is later replaced by ``writeAtomically(_:to:durable:)`` keeps its old contents under the other name.
  static func link(_ existing: String, as path: String) throws(DiskError) -> Bool {
    let temporary = "\(path).\(getpid()).tmp"
    unlink(temporary)
    if Glibc.link(existing, temporary) != 0 {
      if errno == ENOENT { return false }
      // A file system without hard links: copy instead.
      guard let bytes = try read(existing) else { return false }
      try writeAtomically(bytes, to: path)
      return true
    }
    guard rename(temporary, path) == 0 else { throw .last("write", path) }
    // rename() leaves the temporary name alone where both already name the same file.
    unlink(temporary)
    return true
  }

  /// Deletes a file.
  public static func removeFile(_ path: String) throws(DiskError) {
    guard unlink(path) == 0 else { throw .last("delete", path) }
  }
}

extension [UInt8] {
  /// Up to `capacity` bytes read from a file; empty at its end.
  fileprivate init(capacity: Int, reading file: Int32, path: String) throws(DiskError) {
    var code: Int32 = 0
    self.init(unsafeUninitializedCapacity: capacity) { buffer, count in
      var got: Int
      repeat { got = Glibc.read(file, buffer.baseAddress, capacity) } while got < 0 && errno == EINTR
      if got < 0 { code = errno }
      count = Swift.max(0, got)
    }
    if code != 0 { throw DiskError(path: path, operation: "read", code: code) }
  }
}
