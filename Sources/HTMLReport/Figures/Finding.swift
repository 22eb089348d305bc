/// A sentence of the page's head about what one should know, or change.
struct Finding: Sendable, Equatable {
  enum Kind: String, Sendable { case good, notice, warning }

  let kind: Kind
  let text: String
}
