import Files
import Testing

/// What comes from outside is shown, and not obeyed.
@Suite struct VisibleTextTests {
  @Test(
    arguments: [
      ("plain é 字 👩\u{200D}🔬", "plain é 字 👩\u{200D}🔬"), ("a\u{1B}[31mb", "a\\x1B[31mb"),
      ("\u{07}\u{7F}\u{9B}2J", "\\x07\\x7F\\x9B2J"),
      ("one\ntwo\tthree\r", "one\\x0Atwo\\x09three\\x0D"), ("\u{202E}exe.txt", "\\u{202E}exe.txt"),
      ("\u{FEFF}", "\\u{FEFF}"),
    ])
  func hiddenCharactersAreShown(text: String, shown: String) { #expect(text.visible == shown) }

  @Test func linesMayStayLines() {
    #expect("a\n\tb\r\u{1B}".visible(keepingLines: true) == "a\n\tb\\x0D\\x1B")
  }

  @Test func bytesThatAreNoTextAreShown() {
    #expect(String(systemBytes: [0x72, 0xE9, 0x73]).visible == "r\\xE9s")
  }
}
