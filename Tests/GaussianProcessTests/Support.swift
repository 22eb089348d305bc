import GaussianProcess
import Randomness

/// Axes, points and numbers drawn at random.
struct RandomData {
  private var generator: CounterGenerator

  init(seed: UInt64) { generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 77) }

  mutating func uniform() -> Double { generator.uniform() }

  mutating func numbers(_ count: Int, from lower: Double, to upper: Double) -> [Double] {
    (0..<count).map { _ in lower + uniform() * (upper - lower) }
  }

  /// Of each kind some.
  mutating func axes(_ count: Int) -> [BanditAxis] {
    (0..<count).map { _ in
      switch Int(uniform() * 4) {
      case 0: .unordered(values: 1 + Int(uniform() * 5))
      case 1: .ordered(cells: 1 + Int(uniform() * 7))
      default: .ordered()
      }
    }
  }

  mutating func points(_ count: Int, over axes: [BanditAxis]) -> [Double] {
    (0..<count).flatMap { _ in point(over: axes) }
  }

  mutating func point(over axes: [BanditAxis]) -> [Double] {
    axes.map { axis in
      let share = uniform()
      if axis.cells == 0 { return share }
      let cell = Double(Int(share * Double(axis.cells)))
      return axis.isUnordered ? cell : (cell + 0.5) / Double(axis.cells)
    }
  }
}
