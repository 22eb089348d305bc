/// Values at the (size + 1)² points of the unit square, the boundary included.
struct Grid {
  let size: Int
  var values: [Double]

  init(size: Int) {
    self.size = size
    values = Array(repeating: 0, count: (size + 1) * (size + 1))
  }
}

/// −a·u_xx − u_yy = f on the unit square, u = 0 on its boundary, five-point differences.
struct PoissonProblem {
  let size: Int
  /// a: how much stronger the unknowns hang together along a row than along a column.
  let anisotropy: Double
  /// The solution, known beforehand, and the right side that belongs to it, times h².
  private let solution: Grid
  let right: Grid

  init(size: Int, anisotropy: Double) {
    self.size = size
    self.anisotropy = anisotropy
    var solution = Grid(size: size)
    var noise: UInt64 = 1
    for row in 1..<size {
      for column in 1..<size {
        let (x, y) = (Double(column) / Double(size), Double(row) / Double(size))
        // Smooth and rough at once: the one is hard for sweeps, the other for coarse grids.
        noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        solution.values[row * (size + 1) + column] =
          16 * x * (1 - x) * y * (1 - y) + 0.1 * (Double(noise >> 40) / Double(1 << 24) - 0.5)
      }
    }
    self.solution = solution
    var right = Grid(size: size)
    Stencil(anisotropy).residual(of: solution, right: Grid(size: size), into: &right)
    right.values = right.values.map { -$0 }
    self.right = right
  }

  /// ‖u − u*‖ / ‖u*‖ in the Euclidean norm.
  func relativeError(of grid: Grid) -> Double {
    var (error, norm) = (0.0, 0.0)
    for (value, exact) in zip(grid.values, solution.values) {
      error += (value - exact) * (value - exact)
      norm += exact * exact
    }
    return (error / norm).squareRoot()
  }
}

/// The differences of the equation, times h².
struct Stencil {
  let along: Double

  init(_ anisotropy: Double) { along = anisotropy }

  /// One sweep of successive over-relaxation, point by point.
  func relax(_ grid: inout Grid, right: Grid, factor: Double) {
    let (size, width) = (grid.size, grid.size + 1)
    let scale = factor / (2 * along + 2)
    for row in 1..<size {
      for at in (row * width + 1)..<(row * width + size) {
        grid.values[at] += scale * defect(grid.values, right.values, at, width)
      }
    }
  }

  /// right − A·grid.
  func residual(of grid: Grid, right: Grid, into residual: inout Grid) {
    let (size, width) = (grid.size, grid.size + 1)
    for row in 1..<size {
      for at in (row * width + 1)..<(row * width + size) {
        residual.values[at] = defect(grid.values, right.values, at, width)
      }
    }
  }

  @inline(__always)
  private func defect(_ u: [Double], _ right: [Double], _ at: Int, _ width: Int) -> Double {
    right[at] + along * (u[at - 1] + u[at + 1]) + u[at - width] + u[at + width] - (2 * along + 2) * u[at]
  }
}

/// One V-cycle: sweeps, a correction from the next coarser grid, sweeps (Briggs, Henson and McCormick, *A Multigrid
/// Tutorial*, chapter 3). With one level it is plain over-relaxation.
struct MultigridCycle {
  var relaxation: Double
  /// What the coarse grid's correction is multiplied by.
  var correction: Double
  var before: Int
  var after: Int
  var coarsest: Int
  var levels: Int

  /// The work of a cycle, in sweeps over the finest grid; to carry a residual down and a correction up counts as one.
  var work: Double {
    var (total, share) = (0.0, 1.0)
    for _ in 1..<max(levels, 1) {
      total += share * Double(before + after + 1)
      share /= 4
    }
    return levels == 1 ? Double(before + after) : total + share * Double(coarsest)
  }

  func run(on solution: inout Grid, of problem: PoissonProblem) {
    if levels == 1 {
      for _ in 0..<(before + after) {
        Stencil(problem.anisotropy).relax(&solution, right: problem.right, factor: relaxation)
      }
    } else {
      descend(&solution, right: problem.right, Stencil(problem.anisotropy), level: 1)
    }
  }

  private func descend(_ grid: inout Grid, right: Grid, _ stencil: Stencil, level: Int) {
    guard level < levels else {
      for _ in 0..<coarsest { stencil.relax(&grid, right: right, factor: relaxation) }
      return
    }
    for _ in 0..<before { stencil.relax(&grid, right: right, factor: relaxation) }
    var residual = Grid(size: grid.size)
    stencil.residual(of: grid, right: right, into: &residual)
    var coarse = Grid(size: grid.size / 2)
    descend(&coarse, right: restricted(residual), stencil, level: level + 1)
    interpolate(coarse, times: correction, onto: &grid)
    for _ in 0..<after { stencil.relax(&grid, right: right, factor: relaxation) }
  }

  /// Full weighting; times 4, as h² is on the coarser grid.
  private func restricted(_ fine: Grid) -> Grid {
    var coarse = Grid(size: fine.size / 2)
    let (width, coarseWidth) = (fine.size + 1, coarse.size + 1)
    for row in 1..<coarse.size {
      for column in 1..<coarse.size {
        let at = 2 * row * width + 2 * column
        let edges = fine.values[at - 1] + fine.values[at + 1] + fine.values[at - width] + fine.values[at + width]
        let corners =
          fine.values[at - width - 1] + fine.values[at - width + 1] + fine.values[at + width - 1]
          + fine.values[at + width + 1]
        coarse.values[row * coarseWidth + column] = fine.values[at] + edges / 2 + corners / 4
      }
    }
    return coarse
  }

  /// Adds a coarse grid's values, bilinear between its points.
  private func interpolate(_ coarse: Grid, times factor: Double, onto fine: inout Grid) {
    let (width, coarseWidth) = (fine.size + 1, coarse.size + 1)
    for row in 1..<fine.size {
      for column in 1..<fine.size {
        let low = (row / 2) * coarseWidth + column / 2
        let high = ((row + 1) / 2) * coarseWidth + (column + 1) / 2
        let (right, below) = ((row / 2) * coarseWidth + (column + 1) / 2, ((row + 1) / 2) * coarseWidth + column / 2)
        let sum = coarse.values[low] + coarse.values[high] + coarse.values[right] + coarse.values[below]
        fine.values[row * width + column] += factor * sum / 4
      }
    }
  }
}
