/// Four numbers at once: of four rows of a matrix, or of four places that are judged together.
typealias Lanes = SIMD4<Double>

extension Lanes {
  /// Always in the same order.
  @inline(__always)
  var total: Double { (x + y) + (z + w) }
}

/// The lower triangular factor L of a symmetric positive definite matrix, A = L·Lᵀ.
///
/// In panels of four rows: panel p holds columns 0 to 4p + 3, a lane for each row. So the factorisation of a panel and the solution for
/// four right-hand sides are the same loop, which needs no sum across lanes. Rows that fill up the last panel are those of the
/// identity.
struct CholeskyFactor: Sendable {
  /// How many rows there are.
  private(set) var count: Int
  /// The panels, one after the other.
  private(set) var panels: [Lanes]

  /// How many panels so many rows have.
  static func panelCount(rows: Int) -> Int { (rows + 3) / 4 }
  /// Where a panel begins, and how many lanes there are before it.
  static func offset(ofPanel panel: Int) -> Int { 2 * panel * (panel + 1) }

  var panelCount: Int { Self.panelCount(rows: count) }

  /// - Parameters:
  ///   - matrix: the lower triangle in panels, filled up with rows of the identity.
  ///   - leastPivot: nil is returned where a pivot is not above this.
  /// - Complexity: O(count³).
  init?(of matrix: [Lanes], count: Int, leastPivot: Double) {
    self.count = count
    panels = matrix
    var rows = [Lanes](repeating: .zero, count: 4 * Self.panelCount(rows: count))
    for panel in 0..<Self.panelCount(rows: count) {
      let (start, width) = (Self.offset(ofPanel: panel), 4 * panel)
      for column in 0..<width + 4 { rows[column] = panels[start + column] }
      substitute(into: &rows, from: 0, upTo: panel)
      guard Self.factorDiagonal(&rows, width: width, leastPivot: leastPivot) else { return nil }
      for column in 0..<width + 4 { panels[start + column] = rows[column] }
    }
  }

  /// The last four columns of a panel whose others are done.
  private static func factorDiagonal(_ rows: inout [Lanes], width: Int, leastPivot: Double) -> Bool {
    var block = (rows[width], rows[width + 1], rows[width + 2], rows[width + 3])
    for k in 0..<width {
      let row = rows[k]
      block.0 -= row * row.x
      block.1 -= row * row.y
      block.2 -= row * row.z
      block.3 -= row * row.w
    }
    guard block.0.x > leastPivot else { return false }
    block.0 /= block.0.x.squareRoot()
    block.1 -= block.0 * block.0.y
    block.2 -= block.0 * block.0.z
    block.3 -= block.0 * block.0.w
    guard block.1.y > leastPivot else { return false }
    block.1 /= block.1.y.squareRoot()
    block.1.x = 0
    block.2 -= block.1 * block.1.z
    block.3 -= block.1 * block.1.w
    guard block.2.z > leastPivot else { return false }
    block.2 /= block.2.z.squareRoot()
    block.2.x = 0
    block.2.y = 0
    block.3 -= block.2 * block.2.w
    guard block.3.w > leastPivot else { return false }
    block.3 = Lanes(0, 0, 0, block.3.w.squareRoot())
    (rows[width], rows[width + 1], rows[width + 2], rows[width + 3]) = block
    return true
  }

  /// Appends a row.
  ///
  /// - Parameters:
  ///   - row: of the matrix, up to its diagonal.
  ///   - leastPivot: what the pivot is at least.
  /// - Complexity: O(count²).
  mutating func append(_ row: [Double], diagonal: Double, leastPivot: Double) {
    var solved = [Lanes](repeating: .zero, count: 4 * panelCount)
    for k in 0..<count { solved[k].x = row[k] }
    substitute(into: &solved, from: 0, upTo: panelCount)
    let (panel, lane) = (count / 4, count % 4)
    if lane == 0 {
      panels.append(contentsOf: repeatElement(.zero, count: 4 * panel + 4))
      for i in 0..<4 { panels[Self.offset(ofPanel: panel) + 4 * panel + i][i] = 1 }
    }
    let start = Self.offset(ofPanel: panel)
    var pivot = diagonal
    for k in 0..<count {
      panels[start + k][lane] = solved[k].x
      pivot -= solved[k].x * solved[k].x
    }
    panels[start + count][lane] = max(pivot, leastPivot).squareRoot()
    count += 1
  }

  /// Twice the sum of the logarithms of the diagonal is the matrix' logarithmic determinant.
  var diagonal: [Double] {
    (0..<count).map { panels[Self.offset(ofPanel: $0 / 4) + $0][$0 % 4] }
  }
}

// MARK: - Solutions

extension CholeskyFactor {
  /// Solves L·x = b for four right-hand sides, a lane each, in place.
  ///
  /// - Parameters:
  ///   - sides: by row; zeros before those of the panel `first`.
  ///   - first: the panel to begin with.
  ///   - end: the panel before which to stop.
  func substitute(into sides: inout [Lanes], from first: Int, upTo end: Int) {
    var sides = sides.mutableSpan
    substitute(into: &sides, from: first, upTo: end)
  }

  @inline(__always)
  func substitute(into sides: inout MutableSpan<Lanes>, from first: Int, upTo end: Int) {
    let all = panels.span
    guard first < end else { return }
    for panel in first..<end {
      let start = Self.offset(ofPanel: panel)
      let factor = all.extracting(start..<start + 4 * panel + 4)
      let row = 4 * panel
      var (a, b, c, d) = (sides[row], sides[row + 1], sides[row + 2], sides[row + 3])
      for k in 4 * first..<row {
        let (side, rows) = (sides[k], factor[k])
        a -= side * rows.x
        b -= side * rows.y
        c -= side * rows.z
        d -= side * rows.w
      }
      let (p, q, r, s) = (factor[row], factor[row + 1], factor[row + 2], factor[row + 3])
      a /= p.x
      b = (b - a * p.y) / q.y
      c = (c - a * p.z - b * q.z) / r.z
      d = (d - a * p.w - b * q.w - c * r.w) / s.w
      sides[row] = a
      sides[row + 1] = b
      sides[row + 2] = c
      sides[row + 3] = d
    }
  }

  /// A⁻¹·b.
  ///
  /// - Parameter side: b, filled up with zeros to whole panels.
  /// - Complexity: O(count²).
  func solve(_ side: [Double]) -> [Double] {
    var lanes = side.map { Lanes($0, 0, 0, 0) }
    substitute(into: &lanes, from: 0, upTo: panelCount)
    var solution = lanes.map(\.x)
    for panel in (0..<panelCount).reversed() {
      let (start, row) = (Self.offset(ofPanel: panel), 4 * panel)
      var values = Lanes(solution[row], solution[row + 1], solution[row + 2], solution[row + 3])
      for i in (0..<4).reversed() {
        let column = panels[start + row + i]
        // Of the column, the rows below the diagonal; their values are final.
        var sum = values[i]
        for below in i + 1..<4 { sum -= column[below] * values[below] }
        values[i] = sum / column[i]
        solution[row + i] = values[i]
      }
      for k in 0..<row { solution[k] -= (panels[start + k] * values).total }
    }
    return solution
  }

  /// The lower triangle of A⁻¹, in panels.
  ///
  /// - Complexity: O(count³).
  func inverse() -> [Lanes] {
    let panelCount = panelCount
    // L⁻¹ in blocks of four columns, a lane each; block c begins at row 4c.
    var inverse: [Lanes] = []
    inverse.reserveCapacity(2 * panelCount * (panelCount + 1))
    var starts: [Int] = []
    var columns = [Lanes](repeating: .zero, count: 4 * panelCount)
    for block in 0..<panelCount {
      for row in 4 * block..<4 * panelCount { columns[row] = .zero }
      for i in 0..<4 { columns[4 * block + i][i] = 1 }
      substitute(into: &columns, from: block, upTo: panelCount)
      starts.append(inverse.count)
      inverse.append(contentsOf: columns[(4 * block)...])
    }
    var product = [Lanes](repeating: .zero, count: panels.count)
    let factor = inverse.span
    for panel in 0..<panelCount {
      let height = 4 * (panelCount - panel)
      let rows = factor.extracting(starts[panel]..<starts[panel] + height)
      for block in 0...panel {
        let first = starts[block] + 4 * (panel - block)
        let columns = factor.extracting(first..<first + height)
        var (a, b, c, d) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        for k in 0..<height {
          let (row, column) = (rows[k], columns[k])
          a += row * column.x
          b += row * column.y
          c += row * column.z
          d += row * column.w
        }
        let at = Self.offset(ofPanel: panel) + 4 * block
        product[at] = a
        product[at + 1] = b
        product[at + 2] = c
        product[at + 3] = d
      }
    }
    return product
  }
}
