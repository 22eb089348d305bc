internal import ArgumentParser
internal import AshMPI

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a commented study to start from.")

  @Argument(help: "The file to write.")
  var path: String = "study.yaml"

  func run() throws {
    guard !Disk.exists(path) else { throw FileExists(path: path) }
    let data = try Installation.path(of: "Datasets/digits.csv")
    try Disk.writeAtomically(Array(Self.template(data: data).utf8), to: path)
    Console.write(
      """
      \(path) is written: a study that works as it is. Edit it, then
        ash-mpi validate \(path)
        mpirun -np 4 ash-mpi run \(path)

      """)
  }

  static func template(data: String) -> String {
    """
    # What the study is called; its results go to ash-runs/NAME-N.
    name: my-study
    # The same seed gives the same configurations and the same training, wherever it runs.
    seed: 1

    # What to minimise (or maximise: mode: max). An mlp reports validation_loss, validation_error and training_loss.
    objective: {metric: validation_loss, mode: min}

    # The hyperparameters. Types: float and int (min, max, scale: linear|log, step), categorical and ordinal (values).
    search_space:
      learning_rate: {type: float, min: 1.0e-4, max: 0.1, scale: log}
      hidden_units:  {type: int, min: 8, max: 128, scale: log}
      batch_size:    {type: categorical, values: [16, 32, 64, 128]}
      dropout:       {type: float, min: 0, max: 0.5, step: 0.1}
      optimizer:     {type: categorical, values: [adam, sgd]}
      momentum:      {type: float, min: 0.5, max: 0.99, when: {optimizer: sgd}}

    # The ladder: every configuration trains for 1 epoch, the best quarter of those for 4, of these for 16, then 64.
    scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64}

    # Where the configurations come from: random, sobol, or grid with levels: 4 (for each range).
    sampler: {kind: random}

    # When to end; the first that is reached counts. Also: time: 30m, target: 0.05.
    budget: {configurations: 64}

    # What trains a configuration. `validation_fraction` of the rows judges it; `test_fraction` is seen once, at the end.
    # A hyperparameter that is not searched may be fixed here: activation: tanh.
    trainer:
      kind: mlp
      dataset: \(data)
      target: target
      validation_fraction: 0.2
      test_fraction: 0.2
      hidden_layers: 1

    """
  }
}
