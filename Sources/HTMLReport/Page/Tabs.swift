/// Pictures of which one is shown, chosen above them; without JavaScript.
struct Tabs {
  let name: String

  func markup(_ panes: [(label: String, content: Markup)]) -> Markup {
    var markup = Markup()
    markup.element("div", class: "tabs") { tabs in
      for (index, pane) in panes.enumerated() {
        var attributes: [Markup.Attribute] = [
          .init("type", "radio"), .init("name", name), .init("id", "\(name)-\(index)"),
        ]
        if index == 0 { attributes.append(.init("checked", "")) }
        tabs.single("input", attributes)
        tabs.element("label", [.init("for", "\(name)-\(index)")], text: pane.label)
      }
      for pane in panes { tabs.element("div", class: "pane") { $0.append(pane.content) } }
    }
    return markup
  }
}
