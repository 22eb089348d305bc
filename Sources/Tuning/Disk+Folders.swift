internal import Foundation

/// Whole trees of files: the checkpoints that are folders.
extension Disk {
  /// Makes `path` hold what `existing` holds, a file or a folder, replacing what was there; false where `existing` is
  /// missing or an empty folder.
  ///
  /// Hard links where the file system has them, so that it takes no time and no space. Readers see the old tree, the new
  /// one, or, for a moment, none; never a part.
  static func keep(_ existing: String, as path: String) throws(DiskError) -> Bool {
    guard isFolder(existing) else {
      if isFolder(path) { removeTree(path) }
      return try link(existing, as: path)
    }
    guard try !isEmptyFolder(existing) else { return false }
    // Fixed names: one run at a time has the study's folder, and what a crash leaves is gone with the next.
    let (new, old) = ("\(path).new", "\(path).old")
    removeTree(new)
    removeTree(old)
    do {
      try FileManager.default.linkItem(atPath: existing, toPath: new)
    } catch {
      // A file system without hard links: copy instead.
      removeTree(new)
      do {
        try FileManager.default.copyItem(atPath: existing, toPath: new)
      } catch {
        removeTree(new)
        throw DiskError(path: path, operation: "write", code: error.posixCode)
      }
    }
    _ = rename(path, old)
    guard rename(new, path) == 0 else { throw .last("write", path) }
    removeTree(old)
    return true
  }

  /// Deletes a file or a whole folder if it is there, and doesn't mind if it can't.
  static func removeTree(_ path: String) {
    if unlink(path) == 0 || errno == ENOENT || rmdir(path) == 0 { return }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// What a folder holds; nothing where it can't be read.
  static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  static func isEmptyFolder(_ path: String) throws(DiskError) -> Bool {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).isEmpty
    } catch {
      throw DiskError(path: path, operation: "read the folder", code: error.posixCode)
    }
  }

  /// Gives every file below `folder` that has another name elsewhere a copy of its own, so that writing to it changes
  /// nothing there.
  static func unshareFiles(in folder: String) throws(DiskError) {
    guard let names = FileManager.default.enumerator(atPath: folder) else { return }
    while let name = names.nextObject() as? String {
      let file = "\(folder)/\(name)"
      var status = stat()
      guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if name.hasSuffix(copySuffix) {
        unlink(file)
      } else if status.st_nlink > 1 {
        do {
          try FileManager.default.copyItem(atPath: file, toPath: file + copySuffix)
        } catch {
          unlink(file + copySuffix)
          throw DiskError(path: file, operation: "copy", code: error.posixCode)
        }
        guard rename(file + copySuffix, file) == 0 else { throw .last("write", file) }
      }
    }
  }

  /// What a copy is called until it is whole.
  private static let copySuffix = ".ash-mpi.tmp"
}

extension Error {
  /// The operating system's reason behind an error of Foundation's.
  fileprivate var posixCode: Int32 {
    let underlying = (self as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? self as NSError
    return underlying.domain == NSPOSIXErrorDomain ? Int32(underlying.code) : EIO
  }
}
