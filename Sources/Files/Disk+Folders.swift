internal import Glibc

/// Folders, and whole trees of files: the checkpoints that are folders.
extension Disk {
  /// Makes a folder and those above it; one that is there already is fine.
  ///
  /// - Parameters:
  ///   - root: a folder above it that is there, below which no link is followed.
  ///   - durable: wait until the names are on the disk.
  package static func makeFolder(_ path: String, below root: String? = nil, durable: Bool = false) throws(DiskError) {
    let operation = "create the folder"
    if let root {
      let holder = try Holder(path, below: root, makesFolders: true, to: operation)
      let isThere = unsafe holder.name.withSystemPath { unsafe mkdirat(holder.descriptor, $0, 0o777) } != 0
      guard !isThere || errno == EEXIST else { throw .last(operation, path) }
      if isThere, let kind = holder.status?.kind, kind != S_IFDIR {
        throw DiskError(path: path, operation: operation, code: kind == S_IFLNK ? ELOOP : EEXIST)
      }
      if durable { holder.synchronize() }
      return
    }
    func make() -> Bool { unsafe path.withSystemPath { unsafe mkdir($0, 0o777) } == 0 }
    if make() {
      if durable { try Holder(path, below: nil, to: operation).synchronize() }
      return
    }
    if errno == EEXIST, isFolder(path) { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw .last(operation, path)
    }
    try makeFolder(String(path[..<slash]), durable: durable)
    guard make() || errno == EEXIST && isFolder(path) else { throw .last(operation, path) }
    if durable { try Holder(path, below: nil, to: operation).synchronize() }
  }

  /// Makes a folder that must not be there yet; false where something of that name is.
  package static func makeNewFolder(_ path: String, below root: String? = nil) throws(DiskError) -> Bool {
    let holder = try Holder(path, below: root, to: "create the folder")
    if unsafe holder.name.withSystemPath({ unsafe mkdirat(holder.descriptor, $0, 0o777) }) == 0 { return true }
    if errno == EEXIST { return false }
    throw .last("create the folder", path)
  }

  package static func isFolder(_ path: String) -> Bool { status(path)?.kind == S_IFDIR }

  /// A folder itself, and no link to one.
  package static func isOwnFolder(_ path: String, below root: String?) throws(DiskError) -> Bool {
    try ownKind(of: path, below: root) == S_IFDIR
  }

  /// Something that is no folder: a file, a link to whatever.
  package static func isNoFolder(_ path: String, below root: String?) throws(DiskError) -> Bool {
    try ownKind(of: path, below: root).map { $0 != S_IFDIR } ?? false
  }

  /// What lies under a name, links as such; nil where nothing does.
  private static func ownKind(of path: String, below root: String?) throws(DiskError) -> mode_t? {
    do throws(DiskError) {
      return try Holder(path, below: root, to: "read").status?.kind
    } catch {
      if [ENOENT, ENOTDIR].contains(error.code) { return nil }
      throw error
    }
  }

  /// A folder that others may write to, and plant files in: everybody, another owner, a group that is not this user's own.
  package static func isOpenToOthers(_ folder: String) -> Bool {
    guard let status = status(folder) else { return false }
    let byGroup = status.st_mode & S_IWGRP != 0 && status.st_gid != getegid()
    return byGroup || status.st_mode & S_IWOTH != 0 || status.st_uid != geteuid() && status.st_uid != 0
  }

  /// The name of a folder's owner, or the number; nil where the folder is ours, or is not there.
  package static func foreignOwner(of path: String) -> String? {
    guard let status = status(path), status.st_uid != geteuid() else { return nil }
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    guard unsafe getpwuid_r(status.st_uid, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
      let name = unsafe entry.pw_name
    else { return "user \(status.st_uid)" }
    return unsafe String(cString: name)
  }

  /// Waits until a file's bytes are on the disk; nothing where it is not there.
  package static func synchronizeFile(_ path: String) {
    let file = unsafe path.withSystemPath { unsafe open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    guard file >= 0 else { return }
    fsync(file)
    close(file)
  }

  /// Waits until the names in a folder are on the disk.
  package static func synchronizeFolder(_ path: String) {
    do { try Holder("\(path)/name", below: nil, to: "write to").synchronize() } catch {}
  }

  /// Makes `path` hold what `existing` holds, a file or a folder, replacing what was there; false where `existing` is
  /// missing or an empty folder.
  ///
  /// Hard links where the file system has them, so that it takes no time and no space. Readers see the old tree, the new
  /// one, or, for a moment, none; never a part.
  package static func keep(
    _ existing: String, as path: String, below root: String? = nil
  ) throws(DiskError) -> Bool {
    guard try isOwnFolder(existing, below: root) else {
      if try isOwnFolder(path, below: root) { try removeTree(path, below: root) }
      return try link(existing, as: path, below: root)
    }
    guard try !isEmptyFolder(existing, below: root) else { return false }
    // Fixed names: one run at a time has the study's folder, and what a crash leaves is gone with the next.
    let (new, old) = ("\(path).new", "\(path).old")
    try removeTree(new, below: root)
    try removeTree(old, below: root)
    let holder = try Holder(path, below: root, to: "write")
    do throws(DiskError) {
      _ = try makeNewFolder(new, below: root)
      let source = try Tree(existing, below: root, to: "read")
      try source.link(into: try Tree(new, below: root, to: "write"))
    } catch {
      try? removeTree(new, below: root)
      throw DiskError(path: path, operation: "write", code: error.code)
    }
    _ = holder.rename(holder.name, to: "\(holder.name).old")
    guard holder.rename("\(holder.name).new", to: holder.name) else { throw .last("write", path) }
    try removeTree(old, below: root)
    return true
  }

  /// Deletes a file or a whole folder if it is there, and doesn't mind if it can't.
  ///
  /// - Throws: ``DiskError`` where a link is on the way to it.
  package static func removeTree(_ path: String, below root: String? = nil) throws(DiskError) {
    do throws(DiskError) {
      try remove(try Holder(path, below: root, to: "delete"), path, below: root)
    } catch {
      if error.code != ENOENT { throw error }
    }
  }

  private static func remove(_ holder: borrowing Holder, _ path: String, below root: String?) throws(DiskError) {
    if unsafe holder.name.withSystemPath({ unsafe unlinkat(holder.descriptor, $0, 0) }) == 0 || errno == ENOENT {
      return
    }
    do { try Tree(path, below: root, to: "delete").removeContents() } catch {}
    _ = unsafe holder.name.withSystemPath { unsafe unlinkat(holder.descriptor, $0, AT_REMOVEDIR) }
  }

  /// What a folder holds; nothing where it can't be read.
  package static func names(in folder: String, below root: String? = nil) -> [String] {
    do {
      return try Tree(folder, below: root, to: "read").names
    } catch {
      return []
    }
  }

  package static func isEmptyFolder(_ path: String, below root: String? = nil) throws(DiskError) -> Bool {
    try Tree(path, below: root, to: "read the folder").names.isEmpty
  }

  /// Gives every file below `folder` that has another name elsewhere a copy of its own, so that writing to it changes
  /// nothing there.
  package static func unshareFiles(in folder: String, below root: String? = nil) throws(DiskError) {
    try Tree(folder, below: root, to: "copy").unshareFiles()
  }
}

extension Disk {
  /// How large a file is, or all files in a folder; nothing where it is not there, or can't be read.
  ///
  /// - Parameters:
  ///   - size: grows by what is found.
  ///   - files: the most that are counted.
  ///   - end: when counting ends.
  package static func measure(
    _ path: String, below root: String? = nil, into size: inout TreeSize, upTo files: Int = .max,
    until end: ContinuousClock.Instant? = nil
  ) {
    do {
      let holder = try Holder(path, below: root, to: "read")
      guard let status = holder.status else { return }
      guard status.kind == S_IFDIR else { return size.add(status) }
      try Tree(path, below: root, to: "read").measure(into: &size, upTo: files, until: end)
    } catch {}
  }
}

/// How much lies in a folder.
package struct TreeSize: Hashable, Sendable {
  /// Of all files. One that has two names in it counts twice.
  package var bytes = 0
  /// Of the files with one hard link: the bytes that deleting them frees.
  package var unsharedBytes = 0
  /// How many there are, folders not counted.
  package var files = 0
  /// Whether that is all.
  package var isWhole = true

  package init() {}

  fileprivate mutating func add(_ status: stat) {
    files += 1
    bytes += Int(status.st_size)
    if status.st_nlink <= 1 { unsharedBytes += Int(status.st_size) }
  }
}

/// A folder with all that is in it, open. Links in it are themselves, and not what they lead to.
private struct Tree: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// What a copy is called until it is whole.
  private static let copySuffix = ".ash-mpi.tmp"

  init(_ path: String, below root: String?, to operation: String) throws(DiskError) {
    let holder = try Holder(path, below: root, to: operation)
    try self.init(holder.name, in: holder.descriptor, path: path, to: operation, follows: root == nil)
  }

  private init(
    _ name: String, in folder: Int32, path: String, to operation: String, follows: Bool = false
  ) throws(DiskError) {
    descriptor = unsafe name.withSystemPath {
      unsafe openat(folder, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW))
    }
    guard descriptor >= 0 else {
      var error = DiskError.last(operation, path)
      if error.code == ENOTDIR, Holder.isLink(name, in: folder) { error.code = ELOOP }
      throw error
    }
    self.path = path
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  private func folder(_ name: String, to operation: String) throws(DiskError) -> Tree {
    try Tree(name, in: descriptor, path: "\(path)/\(name)", to: operation)
  }

  /// The names in the folder, in the order of their bytes.
  var names: [String] {
    // The stream closes its descriptor and moves the place at which both read on.
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let stream = unsafe fdopendir(copy) else { return [] }
    defer { unsafe closedir(stream) }
    unsafe rewinddir(stream)
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe String(systemBytes: $0.prefix { $0 != 0 }) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private func kind(of name: String) -> (type: mode_t, links: Int)? {
    var status = stat()
    guard unsafe name.withSystemPath({ unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      return nil
    }
    return (status.kind, Int(status.st_nlink))
  }

  /// Makes an empty folder hold the same files, by further names for them, and links that lead to the same. What is neither file,
  /// folder nor link is left out.
  func link(into target: borrowing Tree) throws(DiskError) {
    for name in names {
      switch kind(of: name)?.type {
      case S_IFDIR:
        guard unsafe name.withSystemPath({ unsafe mkdirat(target.descriptor, $0, 0o777) }) == 0 else {
          throw .last("write", "\(target.path)/\(name)")
        }
        try folder(name, to: "read").link(into: try target.folder(name, to: "write"))
      case S_IFREG:
        if unsafe name.withSystemPath({ unsafe linkat(descriptor, $0, target.descriptor, $0, 0) }) != 0 {
          // A file system without hard links: copy instead.
          try copy(name, to: name, in: target)
        }
      case S_IFLNK:
        var destination = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = unsafe name.withSystemPath { unsafe readlinkat(descriptor, $0, &destination, Int(PATH_MAX)) }
        guard length > 0, unsafe name.withSystemPath({ unsafe symlinkat(destination, target.descriptor, $0) }) == 0
        else {
          throw .last("write", "\(target.path)/\(name)")
        }
      default: continue
      }
    }
  }

  /// Copies a file's bytes and permissions to a new file.
  private func copy(_ name: String, to new: String, in target: borrowing Tree) throws(DiskError) {
    let path = "\(self.path)/\(name)"
    let source = unsafe name.withSystemPath { unsafe openat(descriptor, $0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
    guard source >= 0 else { throw .last("copy", path) }
    defer { close(source) }
    var status = stat()
    guard unsafe fstat(source, &status) == 0 else { throw .last("copy", path) }
    let file = unsafe new.withSystemPath {
      unsafe openat(target.descriptor, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, status.st_mode & 0o777)
    }
    guard file >= 0 else { throw .last("copy", path) }
    defer { close(file) }
    try Disk.copyBytes(of: source, to: file, path: path)
  }

  /// Adds up the files; where there are too many, or the time is over, some of them.
  func measure(into size: inout TreeSize, upTo files: Int, until end: ContinuousClock.Instant?) {
    for name in names {
      guard size.files < files, end.map({ ContinuousClock.now < $0 }) ?? true else {
        size.isWhole = false
        return
      }
      var status = stat()
      guard unsafe name.withSystemPath({ unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
        continue
      }
      if status.kind == S_IFDIR {
        do { try folder(name, to: "read").measure(into: &size, upTo: files, until: end) } catch {}
      } else {
        size.add(status)
      }
    }
  }

  func unshareFiles() throws(DiskError) {
    for name in names {
      switch kind(of: name) {
      case (S_IFDIR, _)?: try folder(name, to: "copy").unshareFiles()
      case (S_IFREG, _)? where name.hasSuffix(Self.copySuffix):
        _ = unsafe name.withSystemPath { unsafe unlinkat(descriptor, $0, 0) }
      case (S_IFREG, let links)? where links > 1:
        let new = name + Self.copySuffix
        do throws(DiskError) {
          try copy(name, to: new, in: self)
          let isReplaced = unsafe new.withSystemPath { new in
            unsafe name.withSystemPath { unsafe renameat(descriptor, new, descriptor, $0) }
          }
          guard isReplaced == 0 else { throw .last("write", "\(path)/\(name)") }
        } catch {
          _ = unsafe new.withSystemPath { unsafe unlinkat(descriptor, $0, 0) }
          throw error
        }
      default: continue
      }
    }
  }

  /// Deletes all that is in the folder, as far as it can be.
  func removeContents() {
    for name in names {
      if unsafe name.withSystemPath({ unsafe unlinkat(descriptor, $0, 0) }) == 0 { continue }
      do { try folder(name, to: "delete").removeContents() } catch {}
      _ = unsafe name.withSystemPath { unsafe unlinkat(descriptor, $0, AT_REMOVEDIR) }
    }
  }
}
