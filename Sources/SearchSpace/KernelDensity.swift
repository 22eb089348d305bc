internal import Elementary

/// A density over the search space: a product kernel around each of some points, and a uniform prior of the weight of one.
///
/// Ordered hyperparameters have a normal kernel, cut off at the ends of [0, 1], whose bandwidth follows the normal reference rule;
/// unordered ones the kernel (1[x = m] + w) / (1 + K·w) with w = 1/(n + 1). A point that lacks a hyperparameter is uniform in it,
/// and what the place in question lacks is left out.
///
/// Kernels lie in lanes of eight. What does not depend on the place is computed once; at a place, the logarithm of each kernel is a
/// sum over the axes. Single precision, but for what all kernels have in common: densities are good to 1e-6 where bandwidths are about
/// a tenth, to 1e-5 where they are a hundredth.
///
/// Source: Falkner et al., *BOHB* (arXiv 1807.01774), with the prior kernel and the categorical kernel of Optuna 5.
package struct KernelDensity: Sendable {
  package typealias Lanes = SIMD8<Float>

  /// How many points there are.
  package let count: Int
  /// By axis; of ordered ones.
  package let bandwidths: [Double]
  private let axes: [Axis]
  private let blocks: Int
  /// What all kernels have in common, over the axes that every place has.
  private let scale: Double
  /// A kernel whose logarithm, without the scale, is below this adds nothing that a float beside the prior would show.
  private let least: Float
  /// By block: the logarithm of what each kernel is at most, in units of the scale.
  private let peaks: [Lanes]
  /// By axis and block.
  private let centres: [Lanes]
  /// By axis and block, of conditional axes: 1/(h√2), or 0 where the point lacks it.
  private let slopes: [Lanes]
  /// By axis and block, of conditional axes: the logarithm of the kernel's height, or 0 where the point lacks it.
  private let heights: [Lanes]

  private struct Axis: Sendable {
    let isConditional: Bool
    let isUnordered: Bool
    /// Whether it is ordered, and every place has it.
    var isPlain: Bool { !isConditional && !isUnordered }
    /// 1/(h√2) where it is ordered.
    var slope: Float = 0
    /// The logarithms of an unordered axis' kernel where values are the same, and where they are not.
    var same = 0.0
    var other = 0.0
  }

  /// - Parameters:
  ///   - rows: a point each, of as many coordinates as there are axes.
  ///   - minBandwidth: no kernel is narrower, nor than a quarter of the cell that stands for one of a hyperparameter's values.
  /// - Complexity: O(points · axes).
  package init(_ rows: [Float], over axes: [ModelAxis], minBandwidth: Double) {
    let width = axes.count
    let count = rows.count / width
    let blocks = (count + 7) / 8
    self.count = count
    self.blocks = blocks
    let smoothing = 1 / Double(count + 1)
    bandwidths = axes.indices.map { axis in
      axes[axis].scale.isUnordered
        ? 0 : Self.bandwidth(rows, axis: axis, of: width, narrowest: max(minBandwidth, axes[axis].scale.cellWidth / 4))
    }
    var fitted: [Axis] = []
    for (axis, model) in axes.enumerated() {
      var one = Axis(isConditional: model.isConditional, isUnordered: model.scale.isUnordered)
      if one.isUnordered {
        let all = 1 + Double(model.scale.count) * smoothing
        one.same = logarithm((1 + smoothing) / all)
        one.other = logarithm(smoothing / all)
      } else {
        one.slope = Float(1 / (bandwidths[axis] * 2.0.squareRoot()))
      }
      fitted.append(one)
    }
    var logarithmOfScale = 0.0
    var peaks = [Lanes](repeating: .zero, count: blocks)
    var centres = [Lanes](repeating: .zero, count: width * blocks)
    let hasConditions = axes.contains(where: \.isConditional)
    var slopes = [Lanes](repeating: .zero, count: hasConditions ? width * blocks : 0)
    var heights = slopes
    for axis in 0..<width {
      let one = fitted[axis]
      let height = one.isUnordered ? 0 : logarithm(Double(one.slope) * Self.inverseRootOfPi)
      if !one.isConditional { logarithmOfScale += one.isUnordered ? one.same : height }
      for block in 0..<blocks {
        var column = Lanes(repeating: ModelAxis.absent)
        for lane in 0..<min(8, count - 8 * block) { column[lane] = rows[(8 * block + lane) * width + axis] }
        let at = axis * blocks + block
        if one.isUnordered {
          centres[at] = column
          continue
        }
        let isThere = column .>= 0
        let inside = Self.logarithmOfInside(column, slope: one.slope)
        if one.isConditional {
          slopes[at] = Lanes.zero.replacing(with: one.slope, where: isThere)
          heights[at] = Lanes.zero.replacing(with: Float(height) - inside, where: isThere)
          centres[at] = column * slopes[at]
        } else {
          peaks[block] -= inside
          centres[at] = column * one.slope
        }
      }
    }
    // What fills up the last block is nothing.
    for lane in 0..<(8 * blocks - count) { peaks[blocks - 1][7 - lane] = Self.nothing }
    let common = min(logarithmOfScale, Self.mostOfScale)
    for block in 0..<blocks { peaks[block] += Float(logarithmOfScale - common) }
    scale = exponential(common)
    least = Float(-20 - common)
    self.axes = fitted
    self.peaks = peaks
    self.centres = centres
    self.slopes = slopes
    self.heights = heights
  }

  private static let nothing: Float = -1e6
  private static let inverseRootOfPi = 0.564_189_583_547_756_3
  /// The logarithm of a kernel from which on it counts as this: so many of them still have a sum.
  private static let most: Float = 80
  /// The logarithm of the largest scale: a kernel that is no more than the prior, in units of it, is still a float.
  private static let mostOfScale = 40.0

  /// 1.06·σ·n^(−1/(4 + d)), over the points that have the hyperparameter; 1 where fewer than two have.
  ///
  /// Source: Scott, *Multivariate Density Estimation* (1992), as statsmodels' `normal_reference` has it.
  private static func bandwidth(_ rows: [Float], axis: Int, of width: Int, narrowest: Double) -> Double {
    var (count, sum) = (0.0, 0.0)
    for at in stride(from: axis, to: rows.count, by: width) where rows[at] >= 0 {
      count += 1
      sum += Double(rows[at])
    }
    guard count >= 2 else { return 1 }
    let mean = sum / count
    var squares = 0.0
    for at in stride(from: axis, to: rows.count, by: width) where rows[at] >= 0 {
      squares += (Double(rows[at]) - mean) * (Double(rows[at]) - mean)
    }
    let deviation = (squares / count).squareRoot()
    let factor = exponential(-logarithm(count) / Double(4 + width))
    return min(max(1.06 * deviation * factor, narrowest), 1)
  }

  /// The logarithm of Φ((1 − m)/h) − Φ(−m/h) for eight means m at once.
  private static func logarithmOfInside(_ mean: Lanes, slope: Float) -> Lanes {
    logarithm((errorFunction((1 - mean) * slope) + errorFunction(mean * slope)) * 0.5)
  }
}

// MARK: - At a place

extension KernelDensity {
  /// How many blocks of kernels are summed up between two looks at whether the sum is large enough.
  private static let blocksBetweenLooks = 4

  /// The density at a place.
  ///
  /// - Parameters:
  ///   - place: a coordinate for each axis, ``ModelAxis/absent`` where it is inactive there.
  ///   - limit: once the density is found to be above it, what was found so far is returned.
  ///   - sums: room for intermediate results.
  /// - Complexity: O(points · axes).
  package func density(at place: ArraySlice<Float>, upTo limit: Double = .infinity, sums: inout [Lanes]) -> Double {
    if sums.count < Self.blocksBetweenLooks { sums = Array(repeating: .zero, count: Self.blocksBetweenLooks) }
    var total = Lanes.zero
    var start = 0
    while start < blocks {
      let end = min(start + Self.blocksBetweenLooks, blocks)
      addPowers(at: place, start, end, &sums)
      total += sum(ofKernels: sums, end - start)
      start = end
      if density(total) > limit { break }
    }
    return density(total)
  }

  /// Kernels and the prior together. Lanes are added always in the same order.
  @inline(__always)
  private func density(_ lanes: Lanes) -> Double {
    let four = lanes.lowHalf + lanes.highHalf
    let two = four.lowHalf + four.highHalf
    return (1 + scale * Double(two.x + two.y)) / Double(count + 1)
  }

  @inline(__always)
  private func sum(ofKernels powers: [Lanes], _ count: Int) -> Lanes {
    var total = Lanes.zero
    for block in 0..<count {
      let power = powers[block]
      if any(power .> least) { total += exponential(power.replacing(with: Self.most, where: power .> Self.most)) }
    }
    return total
  }

  /// The logarithms of some blocks of kernels at a place.
  @inline(__always)
  private func addPowers(at place: ArraySlice<Float>, _ start: Int, _ end: Int, _ sums: inout [Lanes]) {
    let (peaks, centres) = (peaks.span, centres.span)
    var powers = sums.mutableSpan
    for block in start..<end { powers[block - start] = peaks[block] }
    var axis = 0
    while axis < axes.count {
      let x = place[place.startIndex + axis]
      let one = axes[axis]
      // Several axes of the most common kind at once: fewer sums to load and store.
      if axis + 3 < axes.count, axes[axis..<axis + 4].allSatisfy({ $0.isPlain }) {
        let first = axis * blocks
        let scaled = (
          Lanes(repeating: x * one.slope), scaled(place, axis + 1), scaled(place, axis + 2), scaled(place, axis + 3)
        )
        for block in start..<end {
          let a = scaled.0 - centres[first + block]
          let b = scaled.1 - centres[first + blocks + block]
          let c = scaled.2 - centres[first + 2 * blocks + block]
          let d = scaled.3 - centres[first + 3 * blocks + block]
          powers[block - start] -= (a * a + b * b) + (c * c + d * d)
        }
        axis += 4
        continue
      }
      if axis + 1 < axes.count, one.isPlain, axes[axis + 1].isPlain {
        let first = axis * blocks
        let (scaled, other) = (Lanes(repeating: x * one.slope), scaled(place, axis + 1))
        for block in start..<end {
          let distance = scaled - centres[first + block]
          let second = other - centres[first + blocks + block]
          powers[block - start] -= distance * distance + second * second
        }
        axis += 2
        continue
      }
      if x >= 0 { add(one, axis, at: x, start, end, centres, &powers) }
      axis += 1
    }
  }

  /// A place's coordinate on an axis that every place has, in units of the kernels' width.
  @inline(__always)
  private func scaled(_ place: ArraySlice<Float>, _ axis: Int) -> Lanes {
    Lanes(repeating: place[place.startIndex + axis] * axes[axis].slope)
  }

  @inline(__always)
  private func add(
    _ one: Axis, _ axis: Int, at x: Float, _ start: Int, _ end: Int, _ centres: Span<Lanes>,
    _ powers: inout MutableSpan<Lanes>
  ) {
    let first = axis * blocks
    switch (one.isUnordered, one.isConditional) {
    case (false, false):
      let scaled = Lanes(repeating: x * one.slope)
      for block in start..<end {
        let distance = scaled - centres[first + block]
        powers[block - start] -= distance * distance
      }
    case (false, true):
      let (slopes, heights) = (slopes.span, heights.span)
      for block in start..<end {
        let distance = slopes[first + block] * x - centres[first + block]
        powers[block - start] += heights[first + block] - distance * distance
      }
    case (true, false):
      let other = Lanes(repeating: Float(one.other - one.same))
      for block in start..<end {
        powers[block - start] += other.replacing(with: 0, where: centres[first + block] .== x)
      }
    case (true, true):
      let (same, other) = (Float(one.same), Lanes(repeating: Float(one.other)))
      for block in start..<end {
        let centre = centres[first + block]
        let power = other.replacing(with: same, where: centre .== x)
        powers[block - start] += power.replacing(with: 0, where: centre .< 0)
      }
    }
  }
}
