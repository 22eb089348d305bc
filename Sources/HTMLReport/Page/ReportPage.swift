internal import Reporting
internal import StudyFile
internal import Text

/// A report: one or several studies as one HTML file that needs nothing else, and no network.
///
/// The same journals give the same bytes. A content security policy allows the page its own style sheet and its own script, by their
/// hashes, and nothing else: no request, no other script, whatever a study's names are.
package struct ReportPage {
  private let studies: [ReportedStudy]

  package init(_ studies: [ReportedStudy]) { self.studies = studies }

  /// The file.
  package var bytes: [UInt8] {
    var page = Markup()
    page.raw("<!DOCTYPE html>\n")
    page.element("html", [.init("lang", "en")]) { html in
      html.raw("\n")
      head(&html)
      html.raw("\n")
      html.element("body") { body in
        body.element("main") { main in
          if studies.count > 1 { comparison(&main) }
          for (index, study) in studies.enumerated() {
            StudyArticle(study, number: index, isAlone: studies.count == 1).append(to: &main)
          }
        }
        body.element(
          "footer", text: "Made by ash-mpi from the study’s journal. This page needs no network and loads nothing.")
        body.raw("\n")
        body.element("div", class: "tip", [.init("id", "tip"), .init("role", "tooltip"), .init("hidden", "")]) { _ in }
        body.raw("<script>")
        body.append(trusted: Assets.script)
        body.raw("</script>\n")
      }
    }
    page.raw("\n")
    return page.bytes
  }

  private var title: String {
    studies.count == 1 ? studies[0].study.name : "\(studies.count) studies"
  }

  private func head(_ html: inout Markup) {
    html.element("head") { head in
      head.single("meta", [.init("charset", "utf-8")])
      let policy =
        "default-src 'none'; script-src 'sha256-\(ContentHash.base64(of: Assets.script))'; "
        + "style-src 'sha256-\(ContentHash.base64(of: Assets.style))'; base-uri 'none'; form-action 'none'"
      head.single("meta", [.init("http-equiv", "Content-Security-Policy"), .init("content", policy)])
      head.single("meta", [.init("name", "viewport"), .init("content", "width=device-width, initial-scale=1")])
      head.single("meta", [.init("name", "color-scheme"), .init("content", "light dark")])
      head.element("title", text: "\(title) · ash-mpi")
      head.raw("<style>")
      head.append(trusted: Assets.style)
      head.raw("</style>")
    }
  }

  private func comparison(_ main: inout Markup) {
    main.element("header", class: "masthead") { header in
      header.element(
        "p", class: "kicker",
        text: "ash-mpi · \(Wording.count(studies.count, "study").replacing("studys", with: "studies"))")
      header.element("h1", text: title)
    }
    main.element("section", class: "block") { section in
      if let comparison = Comparison(studies) {
        comparison.figure.append(to: &section)
        section.append(comparison.table)
      } else {
        section.element(
          "p", class: "note", text: "The studies have different objectives, or no results yet, and are not compared.")
      }
    }
  }
}

extension Figure {
  /// The figure as the page has it: title, picture, caption.
  func append(to markup: inout Markup) {
    markup.element("figure", class: isWide ? "wide" : nil, [.init("data-figure", name.description)]) { figure in
      figure.element("h3", text: title)
      figure.append(body)
      figure.element("figcaption", text: caption)
    }
    markup.raw("\n")
  }
}
