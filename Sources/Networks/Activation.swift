internal import Tables

extension NetworkConfiguration.Activation {
  /// Turns weighted sums into outputs, in place, and keeps the slopes for the way back.
  ///
  /// - Parameters:
  ///   - values: in: the sums without biases; out: f(sum + bias) · mask.
  ///   - slopes: f′(sum + bias) · mask.
  ///   - mask: what dropout leaves of each unit; nil for all of it.
  func applyKeepingSlopes(
    to values: inout MutableSpan<Lanes>, biases: Span<Lanes>, slopes: inout MutableSpan<Lanes>, rows: Int,
    mask: inout DropoutMask?
  ) {
    // A loop for each case: the compiler gets the function inline.
    switch self {
    case .relu: transform(&values, biases, &slopes, rows, &mask, reluWithSlope)
    case .tanh: transform(&values, biases, &slopes, rows, &mask, tanhWithSlope)
    case .sigmoid: transform(&values, biases, &slopes, rows, &mask, sigmoidWithSlope)
    case .gelu: transform(&values, biases, &slopes, rows, &mask, geluWithSlope)
    }
  }

  /// Turns weighted sums into outputs, in place, without dropout.
  func apply(to values: inout MutableSpan<Lanes>, biases: Span<Lanes>, rows: Int) {
    switch self {
    case .relu: transform(&values, biases, rows) { reluWithSlope($0).value }
    case .tanh: transform(&values, biases, rows) { tanhWithSlope($0).value }
    case .sigmoid: transform(&values, biases, rows) { sigmoidWithSlope($0).value }
    case .gelu: transform(&values, biases, rows) { geluWithSlope($0).value }
    }
  }
}

private typealias ValueAndSlope = (value: Lanes, slope: Lanes)

@inline(__always)
private func reluWithSlope(_ x: Lanes) -> ValueAndSlope {
  let isOff = x .<= 0  // false for NaN, which goes through
  return (x.replacing(with: 0, where: isOff), Lanes(repeating: 1).replacing(with: 0, where: isOff))
}

@inline(__always)
private func tanhWithSlope(_ x: Lanes) -> ValueAndSlope {
  let y = hyperbolicTangent(x)
  return (y, 1 - y * y)
}

@inline(__always)
private func sigmoidWithSlope(_ x: Lanes) -> ValueAndSlope {
  let y = logistic(x)
  return (y, y * (1 - y))
}

@inline(__always)
private func geluWithSlope(_ x: Lanes) -> ValueAndSlope {
  let square = x * x
  let t = hyperbolicTangent(x * (square * geluCubic + geluLinear))
  let half = 0.5 * (1 + t)
  return (x * half, half + 0.5 * x * (1 - t * t) * (square * (3 * geluCubic) + geluLinear))
}

/// √(2/π)
private let geluLinear: Float = 0.797_884_56
/// 0.044715·√(2/π)
private let geluCubic: Float = 0.035_677_408

@inline(__always)
private func transform(
  _ values: inout MutableSpan<Lanes>, _ biases: Span<Lanes>, _ slopes: inout MutableSpan<Lanes>, _ rows: Int,
  _ mask: inout DropoutMask?, _ function: (Lanes) -> ValueAndSlope
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
