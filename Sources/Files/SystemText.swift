internal import Glibc

/// Text of the operating system: paths, arguments and environment variables are bytes that need not be UTF-8.
///
/// Text here is a `String` all the same. A byte that is no part of UTF-8 becomes a character of a private plane of Unicode, and the
/// same byte again where the text goes back to the system, so that none is lost or changed on the way.
extension String {
  /// The first of 256 scalars that stand for single bytes: U+10FE00 (of *Supplementary Private Use Area-B*).
  fileprivate static let plane: UInt32 = 0x10FE00
  fileprivate static let standIns = plane + 0x80...plane + 0xFF

  /// Takes the system's bytes.
  package init(systemBytes bytes: some Collection<UInt8>) {
    if let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0xF4) {
      self = text
      return
    }
    var scalars = String.UnicodeScalarView()
    var parser = Unicode.UTF8.ForwardParser()
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      var input = rest.makeIterator()
      switch parser.parseScalar(from: &input) {
      case .valid(let encoded) where !Self.standIns.contains(Unicode.UTF8.decode(encoded).value):
        scalars.append(Unicode.UTF8.decode(encoded))
        rest = rest.dropFirst(encoded.count)
      case .valid, .error, .emptyInput:
        // What stands for a byte is itself taken byte by byte, so that no two names are one.
        if let byte = rest.popFirst(), let scalar = Unicode.Scalar(Self.plane + UInt32(byte)) { scalars.append(scalar) }
      }
      parser = Unicode.UTF8.ForwardParser()
    }
    self = String(scalars)
  }

  /// The bytes that the system gave, or would have given.
  package var systemBytes: [UInt8] {
    // The plane's scalars begin with these two bytes, which no other text is likely to have.
    guard utf8.contains(0xF4) else { return Array(utf8) }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if Self.standIns.contains(scalar.value) {
        bytes.append(UInt8(scalar.value - Self.plane))
      } else {
        bytes += UTF8.encode(scalar) ?? .init()
      }
    }
    return bytes
  }

  /// Calls `body` with the text as a path that the system takes.
  package func withSystemPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    guard utf8.contains(0xF4) else { return unsafe withCString(body) }
    return unsafe (systemBytes + [0]).withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { path in
        // The buffer has its zero at the least.
        // swift-format-ignore: NeverForceUnwrap
        unsafe body(path.baseAddress!)
      }
    }
  }
}

extension Unicode.Scalar {
  /// The byte that the scalar stands for; see ``Swift/String/init(systemBytes:)``.
  var systemByte: UInt8? { String.standIns.contains(value) ? UInt8(truncatingIfNeeded: value - String.plane) : nil }
}

/// The arguments that this process was started with, its name first.
package let systemArguments: [String] = (0..<Int(CommandLine.argc)).map { index in
  guard let argument = unsafe CommandLine.unsafeArgv[index] else { return "" }
  return unsafe String(systemBytes: UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
}
