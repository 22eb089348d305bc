internal import SearchSpace
internal import Text
internal import TuningTypes

/// The axis of a hyperparameter: its range on its own scale, or its values side by side.
struct ParameterAxis: Sendable {
  let name: String
  /// Of a list, positions are those of its values, from 0.5 on.
  let axis: Axis
  /// The values of a list, or of a range of few; empty where there are many.
  let values: [ParameterValue]
  /// Whether neighbours on the axis are alike.
  let isOrdered: Bool

  init(_ parameter: Parameter) {
    name = parameter.name
    switch parameter.domain {
    case .float(let range) where Self.isShort(range.max - range.min, step: range.step):
      let step = range.step ?? 1
      let count = Int(((range.max - range.min) / step).rounded()) + 1
      values = (0..<count).map { .real(range.normalized(range.min + Double($0) * step) ?? range.min) }
      (axis, isOrdered) = (Axis(0, Double(count), label: parameter.name), true)
    case .integer(let range) where range.scale == .linear && Self.isShort(Double(range.max - range.min), step: 1):
      values = stride(from: range.min, through: range.max, by: range.step ?? 1).map { .integer($0) }
      (axis, isOrdered) = (Axis(0, Double(values.count), label: parameter.name), true)
    case .float(let range):
      axis = Axis(range.min, range.max, scale: range.scale == .log ? .log : .linear, label: parameter.name)
      (values, isOrdered) = ([], true)
    case .integer(let range):
      axis = Axis(
        Double(range.min), Double(range.max), scale: range.scale == .log ? .log : .linear, label: parameter.name)
      (values, isOrdered) = ([], true)
    case .categorical(let listed), .ordinal(let listed):
      axis = Axis(0, Double(listed.count), label: parameter.name)
      values = listed
      if case .ordinal = parameter.domain { isOrdered = true } else { isOrdered = false }
    }
  }

  /// Where a configuration's value stands, from 0 to 1; nil where it has none.
  func position(of cell: Configuration.Cell) -> Double? {
    switch cell {
    case .absent: nil
    case .integer(let number): position(of: Double(number))
    case .real(let number): position(of: number)
    case .listed(let place): values.isEmpty ? nil : (Double(place) + 0.5) / Double(values.count)
    }
  }

  private func position(of number: Double) -> Double? {
    guard !values.isEmpty else { return axis.position(of: number) }
    guard let first = values.first?.number, let last = values.last?.number, last > first else { return 0.5 }
    let place = ((number - first) / (last - first) * Double(values.count - 1)).rounded()
    return (min(max(place, 0), Double(values.count - 1)) + 0.5) / Double(values.count)
  }

  /// Whether a range has so few values that they stand side by side.
  private static func isShort(_ width: Double, step: Double?) -> Bool {
    guard let step, width > 0 else { return false }
    return width / step < 12.5
  }

  /// What is written along the axis.
  var ticks: [Axis.Tick] {
    guard !values.isEmpty else { return axis.ticks }
    let stride = max(1, values.count / 12)
    return values.indices.filter { $0 % stride == 0 }.map { index in
      .init(position: (Double(index) + 0.5) / Double(values.count), label: values[index].description)
    }
  }
}

extension Domain {
  var isInteger: Bool { if case .integer = self { true } else { false } }
}
