extension String {
  /// The text as one word of a command line, for a shell that a person pastes it into.
  public var shellWord: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
          || UInt8(ascii: "+")...UInt8(ascii: ":") ~= byte || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "=")
      }
    return isPlain ? self : "'\(replacing("'", with: #"'\''"#))'"
  }
}
