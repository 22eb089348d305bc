extension NetworkConfiguration.Activation {
  /// Turns weighted sums into outputs, in place, and keeps the slopes for the way back.
  ///
  /// - Parameters:
  ///   - values: in: the sums without biases; out: f(sum + bias) · mask.
  ///   - parameters: those of the whole network.
  ///   - slopes: f′(sum + bias) · mask.
  ///   - mask: what dropout leaves of each unit; nil for all of it.
  func applyKeepingSlopes(
    to values: inout [Lanes], _ parameters: [Lanes], _ layer: NetworkShape.Layer, slopes: inout [Lanes], rows: Int,
    mask: inout DropoutMask?
  ) {
    var values = values.mutableSpan
    var slopes = slopes.mutableSpan
    let biases = parameters.span.extracting(layer.biasRange)
    // A loop for each case: the compiler gets the function inline.
    switch self {
    case .relu: transform(&values, biases, &slopes, rows, &mask) { x in
      let slope = Lanes(repeating: 1).replacing(with: 0, where: x .<= 0)
      return (x.replacing(with: 0, where: x .<= 0), slope)
    }
    case .tanh: transform(&values, biases, &slopes, rows, &mask) { x in
      let y = hyperbolicTangent(x)
      return (y, 1 - y * y)
    }
    case .sigmoid: transform(&values, biases, &slopes, rows, &mask) { x in
      let y = logistic(x)
      return (y, y * (1 - y))
    }
    case .gelu: transform(&values, biases, &slopes, rows, &mask) { x in
      let square = x * x
      let t = hyperbolicTangent(x * (square * geluCubic + geluLinear))
      let half = 0.5 * (1 + t)
      return (x * half, half + 0.5 * x * (1 - t * t) * (square * (3 * geluCubic) + geluLinear))
    }
    }
  }

  /// Turns weighted sums into outputs, in place, without dropout.
  func apply(to values: inout [Lanes], _ parameters: [Lanes], _ layer: NetworkShape.Layer, rows: Int) {
    var values = values.mutableSpan
    let biases = parameters.span.extracting(layer.biasRange)
    switch self {
    case .relu: transform(&values, biases, rows) { x in x.replacing(with: 0, where: x .<= 0) }
    case .tanh: transform(&values, biases, rows) { x in hyperbolicTangent(x) }
    case .sigmoid: transform(&values, biases, rows) { x in logistic(x) }
    case .gelu: transform(&values, biases, rows) { x in
      0.5 * x * (1 + hyperbolicTangent(x * (x * x * geluCubic + geluLinear)))
    }
    }
  }
}

/// √(2/π)
private let geluLinear: Float = 0.797_884_56
/// 0.044715·√(2/π)
private let geluCubic: Float = 0.035_677_408

@inline(__always)
private func transform(
  _ values: inout MutableSpan<Lanes>, _ biases: Span<Lanes>, _ slopes: inout MutableSpan<Lanes>, _ rows: Int,
  _ mask: inout DropoutMask?, _ function: (Lanes) -> (value: Lanes, slope: Lanes)
) {
  let width = biases.count
  if var generator = mask {
    for row in 0..<rows {
      for lane in 0..<width {
        let (value, slope) = function(values[row * width + lane] + biases[lane])
        let factor = generator.next()
        values[row * width + lane] = value * factor
        slopes[row * width + lane] = slope * factor
      }
    }
    mask = generator
  } else {
    for row in 0..<rows {
      for lane in 0..<width {
        let (value, slope) = function(values[row * width + lane] + biases[lane])
        values[row * width + lane] = value
        slopes[row * width + lane] = slope
      }
    }
  }
}

@inline(__always)
private func transform(
  _ values: inout MutableSpan<Lanes>, _ biases: Span<Lanes>, _ rows: Int, _ function: (Lanes) -> Lanes
) {
  let width = biases.count
  for row in 0..<rows {
    for lane in 0..<width {
      values[row * width + lane] = function(values[row * width + lane] + biases[lane])
    }
  }
}
