public import StudyFile

/// A kind of trainer that a study can name: `trainer: {kind: NAME}`.
public struct TrainerKind: Sendable {
  public let name: String
  /// Reads the trainer's section; throws where it, or the search space beside it, makes no sense.
  let makePlan: @Sendable (Study) throws(StudyError) -> any TrainerPlan

  public init(_ name: String, makePlan: @escaping @Sendable (Study) throws(StudyError) -> any TrainerPlan) {
    self.name = name
    self.makePlan = makePlan
  }
}

/// The trainers of a program, by the name that a study gives as `kind`.
public struct TrainerCatalog: Sendable {
  private let kinds: [TrainerKind]

  /// - Parameter kinds: in the order in which messages name them.
  public init(_ kinds: [TrainerKind]) { self.kinds = kinds }

  /// The plan for a study's trainer.
  ///
  /// - Throws: `StudyError` where the trainer's section, or the search space beside it, makes no sense.
  public func plan(for study: Study) throws(StudyError) -> any TrainerPlan {
    let section = study.trainer
    if try section.text("kind") == "asked" {
      throw section.error(
        "kind", "is 'asked': a study for 'ash-mpi ask', whose jobs are trained elsewhere",
        "To see its ladder, validate it with --set 'trainer={kind: synthetic}'.")
    }
    let names = kinds.map(\.name)
    guard let name = try section.choice("kind", names), let kind = kinds.first(where: { $0.name == name }) else {
      throw section.missing("kind", "Choose one of: \(names.joined(separator: ", ")).")
    }
    let plan = try kind.makePlan(study)
    try study.expectObjective(in: plan.metricNames, of: name)
    return plan
  }
}
