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

  public var description: String {
    let reason =
      unsafe code == ELOOP
      ? "it, or a folder on the way to it, is a symbolic link, which is not followed here: where others may write, it could "
        + "lead anywhere. Remove the link"
      : String(cString: strerror(code))
    let limit = [EMFILE, ENFILE].contains(code) ? SystemError.namedLimit(behind: code).map { " (\($0))" } ?? "" : ""
    return "can't \(operation) \(path): \(reason)\(limit)"
  }

  package static func last(_ operation: String, _ path: String) -> DiskError {
    DiskError(path: path, operation: operation, code: errno)
  }
}
