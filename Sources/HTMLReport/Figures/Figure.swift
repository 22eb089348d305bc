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
