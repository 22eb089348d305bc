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
