internal import SearchSpace
internal import Text
internal import TuningTypes

/// The axis of a hyperparameter: its range on its own scale, or its values side by side.
struct ParameterAxis: Sendable {
  let name: String
  /// Of a list, positions are those of its values, from 0.5 on.
  let axis: Axis
  /// The values of a list; empty where there is a range.
  let values: [ParameterValue]
  /// Whether neighbours on the axis are alike.
  let isOrdered: Bool

  init(_ parameter: Parameter) {
    name = parameter.name
    switch parameter.domain {
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
    case .integer(let number): axis.position(of: Double(number))
    case .real(let number): axis.position(of: number)
    case .listed(let place): values.isEmpty ? nil : (Double(place) + 0.5) / Double(values.count)
    }
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
