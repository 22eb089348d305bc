extension Configuration {
  /// One block of memory with a layout and a cell for each of its hyperparameters.
  @usableFromInline final class Row: ManagedBuffer<Layout, Cell> {
    @inlinable static func make(_ layout: Layout, cell: (Int) -> Cell) -> Row {
      let count = layout.count
      let row = unsafe unsafeDowncast(Row.create(minimumCapacity: count) { _ in layout }, to: Row.self)
      unsafe row.withUnsafeMutablePointerToElements { cells in
        for position in 0..<count { unsafe (cells + position).initialize(to: cell(position)) }
      }
      return row
    }

    /// Without the check for overlapping access that a class's variable is due: nothing ever changes it.
    @inlinable var layout: Layout { unsafe withUnsafeMutablePointerToHeader { unsafe $0.pointee } }

    @inlinable subscript(position: Int) -> Cell {
      get {
        precondition(position >= 0 && position < layout.count, "no hyperparameter stands there")
        return unsafe withUnsafeMutablePointerToElements { unsafe $0[position] }
      }
      set {
        precondition(position >= 0 && position < layout.count, "no hyperparameter stands there")
        unsafe withUnsafeMutablePointerToElements { unsafe $0[position] = newValue }
      }
    }
  }
}
