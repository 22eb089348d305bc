import Foundation
import HTMLReport
import Randomness
import TestSupport
import Testing
import Text

/// Nothing from outside is markup, and the page asks for nothing.
@Suite struct SafetyTests {
  private static let evil = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "' x='",
    "&lt;b&gt;",
    "\u{1B}[31mred", "two\nlines\r\n", "\u{1}bell\u{7}", "\u{202E}back", "<!--", "]]>", "javascript:alert(1)",
    "\u{2028}",
  ]

  private func page() throws -> ReadPage {
    let quoted = Self.evil.map { text in
      var json = JSONText()
      json.append(text)
      return String(decoding: json.bytes, as: UTF8.self)
    }
    let yaml = """
      name: hostile
      objective: {metric: "<b onclick=alert(1)>", mode: max}
      search_space:
        kind: {type: categorical, values: [\(quoted.joined(separator: ", "))]}
        x: {type: float, min: 0, max: 1}
      scheduler: {algorithm: asha, reduction_factor: 2, max_resource: 2}
      budget: {configurations: 80}
      trainer: {kind: none}
      """
    var lines = [#"{"event":"study","version":1,"name":"hostile","workers":2}"#]
    for trial in 0..<80 {
      let kind = quoted[trial % quoted.count]
      lines.append(
        #"{"event":"dispatch","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"time":\#(trial),"configuration":{"kind":\#(kind),"x":0.\#(trial)}}"#
      )
      lines.append(
        trial % 5 == 0
          ? #"{"event":"failure","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"worker":0,"attempt":1,"kind":"failed","final":true,"reason":"\u0000\#(kind.dropFirst()),"time":\#(trial)}"#
          : #"{"event":"result","job":\#(trial),"trial":\#(trial),"bracket":0,"rung":0,"resource":1,"worker":0,"loss":-0.\#(trial),"seconds":0.5,"time":\#(trial)}"#
      )
    }
    return try ReadPage(decodedStudy(yaml), Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  @Test func namesFromOutsideAreNeverMarkup() throws {
    let page = try page()
    // Two islands and the page's own script; no other tag begins like one.
    #expect(page.text.ranges(of: "<script").count == 3)
    #expect(page.text.ranges(of: "</script").count == 3)
    for tag in ["<img", "<b ", "<b>", "<!--", "<iframe", "<svg onload"] { #expect(!page.text.contains(tag)) }
    let tags = page.text.matches(of: /<[a-z0-9]+((?: [a-z-]+="[^"<>]*")*)\/?>/).map { $0.1 }
    #expect(!tags.isEmpty)
    for attributes in tags { #expect(!attributes.contains(" on")) }
  }

  @Test func whatOneWouldNotSeeIsShown() throws {
    let page = try page()
    let hidden = page.text.unicodeScalars.filter { scalar in
      scalar.value < 0x20 && scalar != "\n" || (0x7F..<0xA0).contains(scalar.value)
        || (0x202A...0x202E).contains(scalar.value)
    }
    #expect(hidden.isEmpty)
    #expect(page.text.contains("\\x1B[31mred"))
  }

  @Test func theScriptGetsTheNamesAsTheyAre() throws {
    let values = try page().data()["parameters"]?.elements?.first?["values"]?.elements?.map(\.text)
    #expect(values == Self.evil)
  }

  @Test func thePageAsksForNothing() throws {
    let page = try page()
    for address in ["http://", "https://", "//cdn", "url(", "@import", "fetch(", "XMLHttpRequest", "src="] {
      let inNames = Self.evil.contains { $0.contains(address) }
      #expect(inNames || !page.text.contains(address))
    }
    let script = try #require(page.text.firstMatch(of: /<script>([\s\S]*?)<\/script>/)).1
    let style = try #require(page.text.firstMatch(of: /<style>([\s\S]*?)<\/style>/)).1
    let policy = try #require(page.text.firstMatch(of: /content="(default-src [^"]*)"/)).1
    #expect(policy.hasPrefix("default-src &#39;none&#39;; "))
    #expect(policy.contains("script-src &#39;sha256-\(ContentHash.base64(of: Array(script.utf8)))&#39;;"))
    #expect(policy.contains("style-src &#39;sha256-\(ContentHash.base64(of: Array(style.utf8)))&#39;;"))
    #expect(!policy.contains("unsafe"))
  }

  @Test func escapedTextIsTheTextAgain() {
    var random = testGenerator(1)
    for _ in 0..<2000 {
      let text = randomText(&random).filter {
        !$0.unicodeScalars.contains { $0.properties.generalCategory == .control }
      }
      .replacing("\u{2028}", with: "<&>'\"")
      var markup = Markup()
      markup.text(text)
      var back = markup.bytes
      #expect(!back.contains { "<>\"'".utf8.contains($0) })
      for (entity, mark) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        back.replace(Array(entity.utf8), with: Array(mark.utf8))
      }
      #expect(back == Array(text.utf8))
    }
  }

  /// FIPS 180-4's examples, and that of a million letters.
  @Test func hashesAreThoseOfTheStandard() {
    let hash = { (text: String) in
      ContentHash.digest(of: Array(text.utf8)).map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    }
    #expect(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hash(String(repeating: "a", count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func base64IsThatOfFoundation() {
    var random = testGenerator(2)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
      #expect(String(decoding: Base64.text(of: bytes), as: UTF8.self) == Data(bytes).base64EncodedString())
    }
  }
}
