/// Values in order, and what shares of them lie below; those that are not finite are counted apart.
package struct Quantiles: Sendable {
  package let sorted: [Double]
  package let notFinite: Int

  package init(_ values: some Sequence<Double>) {
    var (finite, others) = ([Double](), 0)
    for value in values { if value.isFinite { finite.append(value) } else { others += 1 } }
    finite.sort()
    (sorted, notFinite) = (finite, others)
  }

  /// The value below which a share lies, interpolated between its neighbours; nil where there are no values.
  package func callAsFunction(_ share: Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    guard low + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[low] + (sorted[low + 1] - sorted[low]) * (place - Double(low))
  }
}
