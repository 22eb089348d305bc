public import Randomness

/// A generator whose seed in a failure message gives the same history on every machine.
public func testGenerator(_ seed: Int) -> CounterGenerator {
  CounterGenerator(seed: UInt64(seed), purpose: .synthetic, index: 1 << 40)
}

extension CounterGenerator {
  public mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
  public mutating func chance(_ probability: Double) -> Bool { uniform() < probability }
  public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// Text with everything that a writer can get wrong.
public func randomText(_ random: inout CounterGenerator) -> String {
  let scalars: [Unicode.Scalar] = [
    "a", "Z", "0", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1}", "\u{1f}", "\u{7f}", "\u{80}", "é", "\u{301}",
    "\u{2028}", "字", "😀", "\u{fffd}", "\u{10ffff}", " ", ",", ":", "{", "}",
  ]
  var text = ""
  for _ in 0..<random.below(12) { text.unicodeScalars.append(random.pick(scalars)) }
  return text
}
