import AshMPI

/// Tunes a multigrid solver: which of its settings leaves the smallest error after so many sweeps of work?
///
/// A unit of resource is the work of one sweep over the finest grid. The checkpoint is the grid itself.
struct SolverTrainer: Trainer {
  private let problem: PoissonProblem

  /// Reads the study's `trainer:` section; an unknown key or a bad value is an error that names its line.
  init(section: StudySection) throws {
    try section.allow(["grid", "anisotropy"])
    let levels = try section.integer("grid", in: 3...11) ?? 7
    let anisotropy = try section.number("anisotropy") ?? 1
    guard (0.001...1000).contains(anisotropy) else {
      throw section.error("anisotropy", "is \(anisotropy)", "Give a number from 0.001 to 1000.")
    }
    problem = PoissonProblem(size: 1 << levels, anisotropy: anisotropy)
  }

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    let cycle = try MultigridCycle(job.configuration, size: problem.size)
    var state = try context.checkpoint.read().flatMap { SolverState($0, size: problem.size) } ?? SolverState(problem)
    // Whole cycles, as many as the work allows: where a job ends does not show in the ones after it.
    while Double(state.cycles + 1) * cycle.work <= Double(job.resource.rawValue) {
      if context.isInterrupted {
        try context.checkpoint.write(state.bytes)
        throw TrainingFailure.interrupted
      }
      cycle.run(on: &state.solution, of: problem)
      state.cycles += 1
    }
    try context.checkpoint.write(state.bytes)
    // A solver that diverges gives infinity or NaN: that trial ranks last.
    let error = problem.relativeError(of: state.solution)
    return TrainingReport(loss: error, metrics: [.init("error", error), .init("cycles", Double(state.cycles))])
  }
}

/// Where a solver stands between two cycles.
struct SolverState {
  var cycles = 0
  var solution: Grid

  init(_ problem: PoissonProblem) { solution = Grid(size: problem.size) }

  /// The state that ``bytes`` gave; nil for anything else.
  init?(_ bytes: [UInt8], size: Int) {
    let numbers = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
      }
    }
    solution = Grid(size: size)
    guard bytes.count == 8 * (solution.values.count + 1), let cycles = Int(exactly: numbers[0]), cycles >= 0 else {
      return nil
    }
    self.cycles = cycles
    solution.values = Array(numbers.dropFirst())
  }

  var bytes: [UInt8] { ([Double(cycles)] + solution.values).withUnsafeBytes { Array($0) } }
}

extension MultigridCycle {
  /// The cycle that a configuration describes.
  ///
  /// - Throws: `TrainingFailure.invalid` where it makes no sense: another configuration takes its place.
  init(_ configuration: Configuration, size: Int) throws {
    let levels = try configuration.integer("levels")
    // A single grid has no coarser one.
    let isOne = levels == 1
    self.init(
      relaxation: try configuration.number("relaxation"),
      correction: isOne ? 1 : try configuration.number("correction"),
      before: try configuration.integer("sweeps_before"), after: try configuration.integer("sweeps_after"),
      coarsest: isOne ? 4 : try configuration.integer("sweeps_on_coarsest"), levels: levels)
    guard before + after > 0 else { throw TrainingFailure.invalid("no sweep before the correction, and none after") }
    guard size >> (levels - 1) >= 2 else {
      throw TrainingFailure.invalid("a grid of \(size) intervals does not have \(levels) levels")
    }
  }
}
