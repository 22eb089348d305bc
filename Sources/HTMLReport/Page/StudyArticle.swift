internal import Journal
internal import Reporting
internal import Search
internal import StudyFile
internal import TuningTypes

/// All of one study: words, then pictures.
struct StudyArticle {
  private let study: ReportedStudy
  private let number: Int
  private let isAlone: Bool
  private let standings: [ReportedStudy.Standing]
  private let importance: ImportanceMap?
  private let agreement: RankAgreement?

  init(_ study: ReportedStudy, number: Int, isAlone: Bool) {
    (self.study, self.number, self.isAlone) = (study, number, isAlone)
    standings = study.standings
    importance = ImportanceMap(study)
    agreement = RankAgreement(study)
  }

  func append(to main: inout Markup) {
    guard !isAlone else { return appendArticle(to: &main) }
    main.element("details", class: "fold", [.init("id", "s\(number)")]) { fold in
      fold.element("summary") { summary in
        summary.element("span", class: "name", text: study.label)
        summary.element("span", class: "muted", text: Headline(study, importance: nil).lead)
      }
      appendArticle(to: &fold)
    }
  }

  private func appendArticle(to main: inout Markup) {
    let island = StudyIsland(study, standings, importance: importance)
    main.element("article", class: "study", [.init("data-study", number)]) { article in
      header(&article)
      block("What was found", &article) { section in found(&section) }
      block("The search", &article) { section in append(searchFigures, to: &section) }
      block("The hyperparameters", &article) { section in
        append([importance?.figure, BestValues(study, ranking: importance?.ranking)?.figure], to: &section)
        append(interactive(island), to: &section)
        append([PairMaps(study, ranking: importance?.ranking)?.figure], to: &section)
      }
      block("The machine", &article) { section in
        append([UtilisationFigure(study)?.figure, ThroughputFigure(study)?.figure], to: &section)
        append([island.workers.map(workers), FailureFigure(study)?.figure], to: &section)
      }
      block("The trials", &article) { section in append([trials(island)], to: &section) }
      data("data", island.json, kind: "application/json", &article)
      data("columns", island.columns, kind: "text/plain", &article)
    }
    main.raw("\n")
  }

  private func data(_ name: StaticString, _ bytes: [UInt8], kind: String, _ article: inout Markup) {
    article.element("script", [.init("type", kind), .init("data-island", name.description)]) {
      $0.append(trusted: bytes)
    }
    article.raw("\n")
  }

  private func block(_ title: String, _ article: inout Markup, _ content: (inout Markup) -> Void) {
    article.element("section", class: "block") { section in
      section.element("h2", text: title)
      section.element("div", class: "figures") { content(&$0) }
    }
    article.raw("\n")
  }

  private func append(_ figures: [Figure?], to section: inout Markup) {
    for case let figure? in figures { figure.append(to: &section) }
  }

  // MARK: Words

  private func header(_ article: inout Markup) {
    article.element("header", class: "masthead") { header in
      header.element("p", class: "kicker", text: isAlone ? "ash-mpi study" : "ash-mpi study · \(study.label)")
      let heading: StaticString = isAlone ? "h1" : "h2"
      header.element(heading, class: "name", text: study.study.name)
    }
  }

  private func found(_ section: inout Markup) {
    let headline = Headline(study, importance: importance)
    section.element("div", class: "words") { words in
      words.element("p", class: "lead", text: headline.lead)
      if let second = headline.second { words.element("p", class: "second", text: second) }
      configuration(&words)
      for paragraph in headline.paragraphs { words.element("p", text: paragraph) }
    }
    section.element("div", class: "side") { side in
      side.element("dl", class: "tiles") { tiles in
        for tile in headline.tiles {
          tiles.element("div") { entry in
            entry.element("dd", text: tile.value)
            entry.element("dt", text: tile.name)
          }
        }
      }
      let findings = Findings(study, standings, agreement: agreement, shares: headline.shares).all
      if !findings.isEmpty {
        side.element("ul", class: "findings") { list in
          for finding in findings { list.element("li", class: finding.kind.rawValue, text: finding.text) }
        }
      }
    }
  }

  /// The best configuration.
  private func configuration(_ words: inout Markup) {
    guard let best = study.history.best, let place = study.history.place(of: best.trial) else { return }
    words.element("dl", class: "configuration") { list in
      for entry in study.configuration(at: place).entries {
        list.element("div") { pair in
          pair.element("dt", text: entry.name)
          pair.element("dd", text: entry.value.shortText)
        }
      }
    }
  }

  // MARK: Pictures

  private var searchFigures: [Figure?] {
    [
      IncumbentFigure(study)?.figure(prefix: "s\(number)-"), LadderFigure(study)?.figure,
      LossByRung(study, standings)?.figure, agreement?.figure, PromotionBar(study)?.figure,
      LearningCurves(study, standings)?.figure,
    ]
  }

  /// A place for the script to draw in.
  private func canvas(_ name: StaticString, controls: Bool = false) -> Markup {
    var markup = Markup()
    if controls { markup.element("div", class: "controls", [.init("data-controls", name.description)]) { _ in } }
    markup.element("div", class: "canvas", [.init("data-canvas", name.description)]) { place in
      place.element("noscript", text: "This picture needs JavaScript.")
    }
    return markup
  }

  private func interactive(_ island: StudyIsland) -> [Figure] {
    let (shown, all) = (island.trials.places.count, study.history.trials.count)
    guard all > 0 else { return [] }
    let count =
      shown < all
      ? "\(shown) of \(all) trials: those that got furthest, and others evenly." : "\(Wording.count(all, "trial"))."
    return [
      Figure(
        name: "parallel", title: "Every trial",
        caption:
          "A line is a trial, from its hyperparameters to its last result: the darker, the further it got or, where one rung is "
          + "chosen, the better. Equal values of a list are spread a little. Drag along an axis to choose trials: the pictures below and the table show the same choice. \(count)",
        isWide: true, body: canvas("parallel", controls: true)),
      Figure(
        name: "slices", title: "One hyperparameter at a time",
        caption:
          "Dots are trials with a result at the chosen rung; the line is the median in equal parts of the axis, its band "
          + "the middle half of them. Good values are where it is \(study.isLowBest ? "low" : "high"). Losses beyond the axis stand at its "
          + "end. Drag to choose. \(count)",
        isWide: true, body: canvas("slices", controls: true)),
    ]
  }

  private func workers(_ chart: WorkerChart) -> Figure {
    var body = canvas("workers")
    if let hosts = chart.hosts { body.append(hosts.markup) }
    return Figure(
      name: "workers", title: "Who trained what, when", caption: chart.caption, isWide: true, body: body)
  }

  private func trials(_ island: StudyIsland) -> Figure {
    let (shown, all) = (island.table.places.count, study.history.trials.count)
    return Figure(
      name: "trials", title: "Trials",
      caption: (shown < all ? "The best \(shown) of \(all) trials. " : "All \(Wording.count(all, "trial")). ")
        + "First those that got furthest, and of these the best. A click on a column sorts; the filter takes words and comparisons such as \(study.metric)<0.1. A trial can be copied "
        + "as YAML, or as a command that trains it to the end. Times are training, of all its jobs.",
      isWide: true, body: canvas("table", controls: true))
  }
}
