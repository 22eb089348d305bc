internal import Glibc

/// The folder that a file is in, for calls that take a folder's descriptor and a name in it (POSIX's `openat` and its kin).
///
/// Below a folder that is trusted, every folder on the way is opened by itself and no link is followed, so that what somebody
/// else has planted there leads nowhere. The descriptor keeps the folder the same, whatever its name leads to later.
struct Holder: ~Copyable {
  let descriptor: Int32
  /// The file's name in the folder; a whole path where nothing is guarded.
  let name: String
  /// For messages.
  let path: String

  /// - Parameters:
  ///   - path: of the file, which need not be there.
  ///   - root: a folder above it, below which no link is followed; nil follows any.
  ///   - makesFolders: the folders between the two are made where they are missing.
  init(_ path: String, below root: String?, makesFolders: Bool = false, to operation: String) throws(DiskError) {
    self.path = path
    if let root {
      (descriptor, name) = try Self.open(path, below: root, makesFolders: makesFolders, to: operation)
    } else {
      (descriptor, name) = (AT_FDCWD, path)
    }
  }

  private static func open(
    _ path: String, below root: String, makesFolders: Bool, to operation: String
  ) throws(DiskError) -> (folder: Int32, name: String) {
    guard path.hasPrefix(root + "/") else { throw DiskError(path: path, operation: operation, code: EINVAL) }
    var parts = path.dropFirst(root.count + 1).split(separator: "/").map(String.init)
    guard let last = parts.popLast(), !parts.contains(".."), last != ".." else {
      throw DiskError(path: path, operation: operation, code: EINVAL)
    }
    var folder = unsafe root.withSystemPath { unsafe Glibc.open($0, flags) }
    guard folder >= 0 else { throw .last(operation, path) }
    for part in parts {
      var next = unsafe part.withSystemPath { unsafe openat(folder, $0, flags | O_NOFOLLOW) }
      if next < 0, errno == ENOENT, makesFolders {
        guard unsafe part.withSystemPath({ unsafe mkdirat(folder, $0, 0o777) }) == 0 || errno == EEXIST else {
          let error = DiskError.last(operation, path)
          close(folder)
          throw error
        }
        next = unsafe part.withSystemPath { unsafe openat(folder, $0, flags | O_NOFOLLOW) }
      }
      guard next >= 0 else {
        var error = DiskError.last(operation, path)
        if error.code == ENOTDIR, isLink(part, in: folder) { error.code = ELOOP }
        close(folder)
        throw error
      }
      close(folder)
      folder = next
    }
    return (folder, last)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// For reading, as the folder may have to be synchronised.
  private static let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

  static func isLink(_ name: String, in folder: Int32) -> Bool {
    var status = stat()
    return unsafe name.withSystemPath { unsafe fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
      && status.kind == S_IFLNK
  }

  /// What is there under the name; nil where nothing is. A link is itself, and not what it leads to.
  var status: stat? {
    var status = stat()
    return unsafe name.withSystemPath { unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
      ? status : nil
  }

  /// A name beside this one that nobody can foresee.
  func temporaryName() -> String { "\(name).\(String(UInt64.random(in: 0...(.max)), radix: 36)).tmp" }

  /// Creates a file that is not there, and follows no link.
  func create(_ name: String, to operation: String) throws(DiskError) -> Int32 {
    let file = unsafe name.withSystemPath {
      unsafe openat(descriptor, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    }
    guard file >= 0 else { throw .last(operation, path) }
    return file
  }

  func unlink(_ name: String) { _ = unsafe name.withSystemPath { unsafe unlinkat(descriptor, $0, 0) } }

  /// Gives a file of this folder another name in another, replacing what has that.
  func rename(_ name: String, to new: String) -> Bool {
    unsafe name.withSystemPath { old in unsafe new.withSystemPath { unsafe renameat(descriptor, old, descriptor, $0) } }
      == 0
  }

  /// Waits until the names in the folder are on the disk. A file system that knows no such thing is left to itself.
  func synchronize() {
    if descriptor >= 0 {
      fsync(descriptor)
    } else {
      let folder = name.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      let start = folder.isEmpty ? (name.hasPrefix("/") ? "/" : ".") : folder
      let file = unsafe start.withSystemPath { unsafe Glibc.open($0, Self.flags) }
      if file >= 0 {
        fsync(file)
        close(file)
      }
    }
  }
}
