internal import Files
internal import Search
public import SearchSpace
internal import TuningTypes

extension Study {
  /// The key that names the folders of earlier studies.
  package static let learnFromKey = "learn_from"

  /// The same study with what it learns from earlier ones: the best of each among those that it begins with, after the user's
  /// own and each once, and for samplers that learn what was good and what was not.
  ///
  /// - Parameter earlier: one for each of ``learnFrom``, in its order.
  public func learning(from earlier: [EarlierStudy]) throws(StudyError) -> Study {
    if earlier.isEmpty { return self }
    return try Study(document, overrides: overrides, mayRepeat: plan.mayRepeatConfigurations, earlier: earlier)
  }

  /// The folders of earlier studies, made absolute.
  static func learnFrom(_ top: StudySection) throws(StudyError) -> [String] {
    var folders: [String] = []
    for text in try top.texts(learnFromKey) ?? [] {
      guard !text.isEmpty else {
        throw top.error(learnFromKey, "names a folder that has no name", "Give the folders of studies: [ash-runs/a-1].")
      }
      let folder = path(text.hasPrefix("/") ? text : "\(top.directory)/\(text)")
      guard !folders.contains(folder) else {
        throw top.error(learnFromKey, "names \(text) twice", "Keep one of the two.")
      }
      folders.append(folder)
    }
    guard folders.count <= EarlierTrials.mostStudies else {
      throw top.error(
        learnFromKey, "names \(folders.count) studies, and a study may learn from \(EarlierTrials.mostStudies)",
        "Keep those that are most like this one.")
    }
    return folders
  }

  private static func path(_ text: String) -> String { (try? Paths.absolute(text)) ?? text }

  /// What the study begins with, and what it learns: no configuration to begin with stands there twice.
  static func beginning(
    with given: [Configuration], and earlier: [EarlierStudy], in space: SearchSpace
  ) -> ([Configuration], [EarlierStudy]) {
    var (startWith, learned) = (given, earlier)
    for index in learned.indices {
      learned[index].good = learned[index].good.map { $0.laidOut(as: space.layout) }
      learned[index].others = learned[index].others.map { $0.laidOut(as: space.layout) }
      guard let start = learned[index].start?.laidOut(as: space.layout) else { continue }
      let isKnown = startWith.contains(start)
      learned[index].start = isKnown ? nil : start
      if !isKnown { startWith.append(start) }
    }
    return (startWith, learned)
  }
}
