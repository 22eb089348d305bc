extension Configuration {
  /// What the configurations of a search space have in common.
  @usableFromInline package final class Layout: Sendable {
    package struct Parameter: Hashable, Sendable {
      package let name: String
      /// The values it may take, each different, where they are listed; empty where it takes numbers.
      package let values: [ParameterValue]

      package init(name: String, values: [ParameterValue]) {
        self.name = name
        self.values = values
      }
    }

    package let parameters: [Parameter]
    @usableFromInline package let count: Int
    /// Where each value stands in the lists that are too long to be gone through each time.
    private let positions: [[ParameterValue: Int]?]

    /// As many values are gone through as fast as one is looked up.
    private static let shortList = 16

    package init(_ parameters: [Parameter]) {
      self.parameters = parameters
      count = parameters.count
      positions = parameters.map { parameter in
        parameter.values.count <= Self.shortList
          ? nil : Dictionary(zip(parameter.values, 0...), uniquingKeysWith: { first, _ in first })
      }
    }

    /// The form of a value of the hyperparameter at `position`; nil where it can't have it. O(1).
    package func cell(of value: ParameterValue, at position: Int) -> Cell? {
      if let places = positions[position] { return places[value].map(Cell.listed) }
      return Cell(value, among: parameters[position].values)
    }

    static let empty = Layout([])
  }

  /// A value without what the layout says of it; each value has one form only.
  @usableFromInline package enum Cell: Sendable {
    case absent
    case integer(Int)
    case real(Double)
    /// A value's position among those that are listed.
    case listed(Int)

    /// - Parameter values: those that are listed, if any are.
    /// - Returns: nil where the list does not have the value, or there is none and it is no number.
    package init?(_ value: ParameterValue, among values: [ParameterValue]) {
      guard values.isEmpty else {
        guard let position = values.firstIndex(of: value) else { return nil }
        self = .listed(position)
        return
      }
      switch value {
      case .integer(let number): self = .integer(number)
      case .real(let number): self = .real(number)
      case .text, .flag: return nil
      }
    }
  }

  /// A configuration that is being made.
  @usableFromInline package struct Draft: ~Copyable {
    @usableFromInline let row: Row

    @inlinable package init(of layout: Layout) { self.init(of: layout) { _ in .absent } }

    /// - Parameter cell: the value at a position; called once for each, in their order.
    @inlinable package init(of layout: Layout, cell: (Int) -> Cell) { row = Row.make(layout, cell: cell) }

    package var layout: Layout { @inlinable get { row.layout } }

    @inlinable package subscript(position: Int) -> Cell {
      get { row[position] }
      set { row[position] = newValue }
    }

    @inlinable package consuming func finish() -> Configuration { Configuration(row) }
  }

  package var layout: Layout { @inlinable get { row.layout } }

  /// The configuration of these values, in `layout` if they stand in its order and it has a place for each.
  package init(_ entries: [Entry], in layout: Layout?) {
    guard let layout else {
      self.init(entries)
      return
    }
    var draft = Draft(of: layout)
    var position = 0
    for entry in entries {
      while position < layout.count, layout.parameters[position].name != entry.name { position += 1 }
      guard position < layout.count, let cell = layout.cell(of: entry.value, at: position) else {
        self.init(entries)
        return
      }
      draft[position] = cell
      position += 1
    }
    self = draft.finish()
  }

  /// The value of the hyperparameter at `position` of the layout.
  @inlinable package subscript(position: Int) -> Cell { row[position] }

  /// The same values in another layout; those that have no place in it are left out. O(1) where it is the configuration's own.
  package func laidOut(as layout: Layout) -> Configuration {
    if layout === self.layout { return self }
    var draft = Draft(of: layout)
    for position in 0..<layout.count {
      let value = self[layout.parameters[position].name]
      draft[position] = value.flatMap { layout.cell(of: $0, at: position) } ?? .absent
    }
    return draft.finish()
  }
}

extension Configuration.Layout {
  /// The value in that form; nil where it is absent.
  package func value(of cell: Configuration.Cell, at position: Int) -> ParameterValue? {
    switch cell {
    case .absent: nil
    case .integer(let number): .integer(number)
    case .real(let number): .real(number)
    case .listed(let index): parameters[position].values[index]
    }
  }
}

extension Configuration.Layout: Hashable {
  @usableFromInline package static func == (a: Configuration.Layout, b: Configuration.Layout) -> Bool {
    a === b || a.parameters == b.parameters
  }

  @usableFromInline package func hash(into hasher: inout Hasher) { hasher.combine(parameters) }
}

extension Configuration.Cell: Hashable {
  @inlinable package static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.absent, .absent): true
    case (.integer(let a), .integer(let b)), (.listed(let a), .listed(let b)): a == b
    case (.real(let a), .real(let b)): a == b
    default: false
    }
  }
}
