extension Markup {
  /// A colour of a legend and what it stands for.
  mutating func key(_ kind: String, _ words: String, _ attributes: [Attribute] = []) {
    element("span", class: "entry", attributes) { entry in
      entry.element("span", class: "key \(kind)") { _ in }
      entry.text(words)
    }
  }
}

/// A picture of the page with the words that belong to it.
struct Figure {
  /// Its name in the page, for links and tests.
  let name: StaticString
  let title: String
  /// What one sees, and of how many.
  let caption: String
  var isWide = false
  let body: Markup
}
