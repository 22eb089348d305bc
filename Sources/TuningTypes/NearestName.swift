/// The name among `candidates` that `name` is most likely a misspelling of, or nil where none is near.
///
/// Near means: a Damerau–Levenshtein distance (insertions, deletions, substitutions, swaps of neighbours; upper and
/// lower case, `-` and `_` count as the same) of at most a third of the longer name's length, but at least 1. Among
/// equally near names the first wins. O(|name| · total length of the candidates).
///
/// Source: the optimal-string-alignment form; Damerau, *A technique for computer detection and correction of spelling
/// errors*, CACM 7(3), 1964.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = spelling(of: name)
  var nearest: (name: String, distance: Int)?
  for candidate in candidates {
    let letters = spelling(of: candidate)
    let threshold = max(1, max(wanted.count, letters.count) / 3)
    guard abs(wanted.count - letters.count) <= threshold else { continue }
    let distance = editDistance(wanted, letters)
    // A single letter is one edit away from every other: that is no resemblance.
    guard distance <= threshold, distance < max(wanted.count, letters.count) || distance == 0 else { continue }
    if let best = nearest, best.distance <= distance { continue }
    nearest = (candidate, distance)
  }
  return nearest?.name
}

private func spelling(of name: String) -> [Unicode.Scalar] {
  name.lowercased().unicodeScalars.map { $0 == "-" ? "_" : $0 }
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for (j, other) in b.enumerated() {
      var distance = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (letter == other ? 0 : 1))
      if i > 0, j > 0, letter == b[j - 1], a[i - 1] == other {
        distance = min(distance, beforePrevious[j - 1] + 1)
      }
      row.append(distance)
    }
    (beforePrevious, previous) = (previous, row)
  }
  return previous[b.count]
}
