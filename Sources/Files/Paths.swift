internal import Glibc

/// Paths as text.
package enum Paths {
  /// The path from the root, `.` and `..` taken out.
  ///
  /// - Throws: ``DiskError`` where the path is relative and the current folder is not there any more.
  package static func absolute(_ path: String) throws(DiskError) -> String {
    // Such as that of a variable that is not set.
    if path.isEmpty { throw DiskError(path: "''", operation: "use the empty path", code: ENOENT) }
    let full = path.hasPrefix("/") ? path : try currentFolder() + "/" + path
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The path without symbolic links; as it is where nothing is there.
  package static func resolved(_ path: String) -> String {
    guard let real = unsafe path.withSystemPath({ unsafe realpath($0, nil) }) else { return path }
    defer { unsafe free(real) }
    return unsafe String(
      systemBytes: UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
  }

  /// The folder that a path's last part is in.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// The folder that relative paths start from.
  ///
  /// - Throws: ``DiskError`` where it is not there any more.
  package static func currentFolder() throws(DiskError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard unsafe getcwd(&buffer, buffer.count) != nil else {
      throw DiskError(
        path: "the current folder", operation: "find", code: errno)
    }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    // The kernel's word for a folder that can't be reached from here.
    guard bytes.first == UInt8(ascii: "/") else {
      throw DiskError(path: "the current folder", operation: "find", code: ENOENT)
    }
    return String(systemBytes: bytes)
  }
}
