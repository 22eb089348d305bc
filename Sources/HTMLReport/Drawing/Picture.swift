/// A picture in SVG: a plot within its margins, with two axes.
///
/// It says in `data-` attributes what its axes are, so that numbers can be read back out of the page.
struct Picture {
  let width: Double
  let height: Double
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
  private(set) var markup = Markup()
  private var axes: [Markup.Attribute] = []
  /// What a reader hears who does not see it.
  private let label: String

  /// How wide a picture is, in pixels of a wide screen.
  static let half = 550.0
  static let full = 1140.0

  init(
    width: Double = Picture.half, height: Double = 310, left: Double = 58, right: Double = 16, top: Double = 28,
    bottom: Double = 44, label: String
  ) {
    (self.width, self.height, self.label) = (width, height, label)
    (self.left, self.right, self.top, self.bottom) = (left, width - right, top, height - bottom)
  }

  func x(_ position: Double) -> Double { left + position * (right - left) }
  func y(_ position: Double) -> Double { bottom - position * (bottom - top) }

  // MARK: Axes

  mutating func horizontalAxis(_ axis: Axis) {
    describe(axis, "data-x-low", "data-x-high", "data-x-scale")
    for tick in axis.ticks {
      let place = x(tick.position)
      line(place, bottom, place, bottom + 4, class: "tick")
      text(tick.label, place, bottom + 18, class: "tick-label", anchor: .middle)
    }
    line(left, bottom, right, bottom, class: "axis")
    text(axis.label, right, bottom + 36, class: "axis-label", anchor: .end)
  }

  mutating func verticalAxis(_ axis: Axis) {
    describe(axis, "data-y-low", "data-y-high", "data-y-scale")
    for tick in axis.ticks {
      let place = y(tick.position)
      line(left, place, right, place, class: "grid")
      text(tick.label, left - 8, place + 4, class: "tick-label", anchor: .end)
    }
    text(axis.label, 0, top - 16, class: "axis-label")
  }

  private mutating func describe(
    _ axis: Axis, _ low: StaticString, _ high: StaticString, _ scale: StaticString
  ) {
    axes += [.init(low, exactly: axis.low), .init(high, exactly: axis.high), .init(scale, axis.scale.rawValue)]
  }

  // MARK: Marks

  enum Anchor: String { case start, middle, end }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class kind: String) {
    markup.single("line", class: kind, [.init("x1", x1), .init("y1", y1), .init("x2", x2), .init("y2", y2)])
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, class kind: String, anchor: Anchor = .start) {
    let place: [Markup.Attribute] = [.init("x", x), .init("y", y)]
    markup.element(
      "text", class: kind, anchor == .start ? place : place + [.init("text-anchor", anchor.rawValue)], text: text)
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, class kind: String, _ more: [Markup.Attribute] = [],
    tip: String? = nil
  ) {
    let place: [Markup.Attribute] = [
      .init("x", x), .init("y", y), .init("width", max(0, width)), .init("height", max(0, height)),
    ]
    mark("rect", kind, place + more, tip)
  }

  mutating func circle(
    _ x: Double, _ y: Double, _ radius: Double, class kind: String, _ more: [Markup.Attribute] = [], tip: String? = nil
  ) {
    mark("circle", kind, [.init("cx", x), .init("cy", y), .init("r", radius)] + more, tip)
  }

  /// - Parameter points: in pixels.
  mutating func path(
    _ points: [(x: Double, y: Double)], class kind: String, closed: Bool = false, _ more: [Markup.Attribute] = [],
    tip: String? = nil
  ) {
    guard let first = points.first else { return }
    var path = "M\(Markup.coordinate(first.x)) \(Markup.coordinate(first.y))"
    for point in points.dropFirst() { path += "L\(Markup.coordinate(point.x)) \(Markup.coordinate(point.y))" }
    mark("path", kind, [.init("d", path + (closed ? "Z" : ""))] + more, tip)
  }

  /// - Parameter tip: what the mark says when it is pointed at.
  private mutating func mark(
    _ name: StaticString, _ kind: String, _ attributes: [Markup.Attribute], _ tip: String?
  ) {
    guard let tip else { return markup.single(name, class: kind, attributes) }
    markup.element(name, class: kind, attributes) { $0.element("title", text: tip) }
  }

  // MARK: The whole

  /// The picture as an element.
  var svg: Markup {
    var whole = Markup()
    let plot = [left, top, right, bottom].map(Markup.coordinate).joined(separator: " ")
    whole.element(
      "svg",
      [
        .init("viewBox", "0 0 \(Markup.coordinate(width)) \(Markup.coordinate(height))"), .init("role", "img"),
        .init("aria-label", label), .init("data-plot", plot),
      ] + axes
    ) { $0.append(markup) }
    return whole
  }
}
