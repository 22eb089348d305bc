internal import ArgumentParser
internal import AshMPI

/// A study to start from, with a file that lies beside it.
enum StudyTemplate: EnumerableFlag {
  /// A script of any language, by its arguments and its output.
  case command
  /// A Python script on the client `ash_mpi`.
  case python
  /// Trees on a table.
  case xgboost
  /// Networks on a table.
  case mlp

  static var allCases: [StudyTemplate] { [.command, .python, .xgboost, .mlp] }

  static func help(for value: StudyTemplate) -> ArgumentHelp? {
    switch value {
    case .command: "A study for a script that takes options and prints its loss, and such a script, train.py."
    case .python: "A study for a script with the Python client ash_mpi, and such a script, train.py."
    case .xgboost: "A study of boosted trees on digits.csv; needs the XGBoost library."
    case .mlp: "A study of networks on digits.csv (the default)."
    }
  }

  /// What lies beside the study.
  struct Companion {
    let name: String
    let contents: [UInt8]
    var isScript: Bool { name.hasSuffix(".py") }
  }

  /// - Throws: where the bundled data is not found.
  func companion() throws -> Companion {
    switch self {
    case .command: return Companion(name: "train.py", contents: Array(Self.plainScript.utf8))
    case .python: return Companion(name: "train.py", contents: Array(Self.clientScript.utf8))
    case .xgboost, .mlp:
      let path = try Installation.path(of: "Datasets/digits.csv")
      return Companion(name: "digits.csv", contents: try Disk.read(path) ?? [])
    }
  }

  /// The study file.
  var study: String {
    switch self {
    case .command: Self.commandStudy
    case .python: Self.pythonStudy
    case .xgboost: Self.treesStudy
    case .mlp: Self.networksStudy
    }
  }

  /// How each study begins.
  fileprivate static func heading(metric: String, reported: String) -> String {
    """
    # What the study is called; its results go to ash-runs/NAME-N.
    name: my-study
    # The same seed gives the same configurations and the same training, wherever it runs.
    seed: 1

    # What to minimise (or maximise: mode: max). \(reported)
    objective: {metric: \(metric), mode: min}

    # The hyperparameters. Types: float and int (min, max, scale: linear|log, step), categorical and ordinal (values).

    """
  }

  /// What follows the ladder in each study.
  fileprivate static func search(configurations: Int) -> String {
    """
    # Where the configurations come from: random, sobol, kde (learns from the results), or grid with levels: 4.
    sampler: {kind: random}

    # When to end; the first that is reached counts. Also: time: 30m, target: 0.05.
    budget: {configurations: \(configurations)}

    """
  }
}

// MARK: - Models on a table

extension StudyTemplate {
  private static let networksStudy = """
    \(heading(metric: "validation_loss", reported: "An mlp reports validation_loss, validation_error and training_loss."))\
    search_space:
      learning_rate: {type: float, min: 1.0e-4, max: 0.1, scale: log}
      hidden_units:  {type: int, min: 8, max: 128, scale: log}
      batch_size:    {type: categorical, values: [16, 32, 64, 128]}
      dropout:       {type: float, min: 0, max: 0.5, step: 0.1}
      optimizer:     {type: categorical, values: [adam, sgd]}
      momentum:      {type: float, min: 0.5, max: 0.99, when: {optimizer: sgd}}

    # The ladder: every configuration trains for 1 epoch, the best quarter of those for 4, of these for 16, then 64.
    scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64}

    \(search(configurations: 64))
    # What trains a configuration. `validation_fraction` of the rows judges it; `test_fraction` is seen once, at the end.
    # A hyperparameter that is not searched may be fixed here: activation: tanh. Relative paths start from this file's folder.
    trainer:
      kind: mlp
      dataset: digits.csv
      target: target
      validation_fraction: 0.2
      test_fraction: 0.2
      hidden_layers: 1

    """

  private static let treesStudy = """
    \(heading(metric: "validation_loss", reported: "The trees report validation_loss, validation_error and training_loss."))\
    search_space:
      learning_rate:    {type: float, min: 0.03, max: 0.5, scale: log}
      max_depth:        {type: int, min: 2, max: 8}
      min_child_weight: {type: float, min: 0.1, max: 10, scale: log}
      subsample:        {type: float, min: 0.5, max: 1}
      colsample_bytree: {type: float, min: 0.3, max: 1}
      reg_lambda:       {type: float, min: 0.1, max: 10, scale: log}

    # The ladder, in boosting rounds: every configuration trains for 3, the best third of those for 9, of these for 27, then 81.
    scheduler: {algorithm: asha, reduction_factor: 3, min_resource: 3, max_resource: 81}

    \(search(configurations: 27))
    # What trains a configuration. `validation_fraction` of the rows judges it; `test_fraction` is seen once, at the end.
    # A hyperparameter that is not searched may be fixed here: booster: dart. Relative paths start from this file's folder.
    trainer:
      kind: xgboost
      dataset: digits.csv
      target: target
      validation_fraction: 0.2
      test_fraction: 0.2

    """
}

// MARK: - Scripts

extension StudyTemplate {
  private static let commandStudy = """
    \(heading(metric: "loss", reported: "It is found in the script's text; metric_patterns find others."))\
    search_space:
      learning_rate: {type: float, min: 1.0e-3, max: 1.0, scale: log}
      hidden:        {type: int, min: 2, max: 32, scale: log}
      momentum:      {type: float, min: 0, max: 0.95}

    # Every configuration is one process. After 1, 3 and 9 epochs it goes on if it is among the best third, else it is stopped.
    scheduler: {algorithm: stopping, reduction_factor: 3, min_resource: 1, max_resource: 27}

    \(search(configurations: 27))
    # What trains a configuration: a program, started without a shell. {resource} is how many epochs to train.
    # What `loss_pattern` finds in its text are its losses, one for each epoch.
    trainer:
      kind: command
      command:
        [python3, train.py, --lr, "{learning_rate}", --hidden, "{hidden}", --momentum, "{momentum}",
         --epochs, "{resource}", --seed, "{seed}"]
      loss_pattern: 'valid loss +(\\S+)'
      resource_unit: epochs
      timeout: 10m

    """

  private static let pythonStudy = """
    \(heading(metric: "loss", reported: "It is a number that the script returns."))\
    search_space:
      learning_rate: {type: float, min: 1.0e-3, max: 1.0, scale: log}
      hidden:        {type: int, min: 2, max: 32, scale: log}
      momentum:      {type: float, min: 0, max: 0.95}

    # The ladder: every configuration trains for 1 epoch, the best third of those for 3, of these for 9, then 27.
    scheduler: {algorithm: asha, reduction_factor: 3, min_resource: 1, max_resource: 27}

    \(search(configurations: 27))
    # What trains a configuration: a script with the Python client ash_mpi, one process for each worker.
    trainer:
      kind: command
      command: [python3, train.py]
      protocol: serve
      resource_unit: epochs
      # Ends a job that reports nothing for so long.
      silence_timeout: 10m

    """

  private static let plainScript = #"""
    """Fits a small network to a curve. A stand-in for a training script of yours: options in, losses out."""

    import argparse
    import math
    import random

    options = argparse.ArgumentParser()
    options.add_argument("--lr", type=float, default=0.1)
    options.add_argument("--hidden", type=int, default=8)
    options.add_argument("--momentum", type=float, default=0.0)
    options.add_argument("--epochs", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()

    points = [(i / 50 - 1, math.sin(3 * (i / 50 - 1))) for i in range(101)]
    training, validation = [p for i, p in enumerate(points) if i % 4], points[::4]

    random.seed(options.seed)
    # A row for each hidden unit: its input weight, bias and output weight; and the velocity of each.
    units = [[random.gauss(0, 1) for _ in range(3)] for _ in range(options.hidden)]
    speeds = [[0.0] * 3 for _ in units]


    def output(x):
        return sum(v * math.tanh(w * x + b) for w, b, v in units)


    for epoch in range(1, options.epochs + 1):
        random.shuffle(training)
        for x, y in training:
            error = (output(x) - y) / options.hidden
            for unit, speed in zip(units, speeds):
                active = math.tanh(unit[0] * x + unit[1])
                slope = error * unit[2] * (1 - active * active)
                for i, gradient in enumerate([slope * x, slope, error * active]):
                    speed[i] = options.momentum * speed[i] - options.lr * gradient
                    unit[i] += speed[i]
        loss = sum((output(x) - y) * (output(x) - y) for x, y in validation) / len(validation)
        print(f"epoch {epoch}: valid loss {loss:.6f}", flush=True)

    """#

  private static let clientScript = #"""
    """Fits a small network to a curve, with checkpoints and reports. A stand-in for a training script of yours.

    Without a study: python3 train.py --configuration '{"learning_rate": 0.1, "hidden": 8, "momentum": 0.5}' --resource 9
    """

    import json
    import math
    import random

    import ash_mpi

    points = [(i / 50 - 1, math.sin(3 * (i / 50 - 1))) for i in range(101)]
    training, validation = [p for i, p in enumerate(points) if i % 4], points[::4]


    def output(units, x):
        return sum(v * math.tanh(w * x + b) for w, b, v in units)


    def loss(units):
        return sum((output(units, x) - y) * (output(units, x) - y) for x, y in validation) / len(validation)


    @ash_mpi.trainer
    def train(configuration, job):
        # How far this trial is trained, and the file with its state; at first 0 and None.
        epoch, saved = job.load()
        if saved:
            units, speeds = json.loads(saved.read_text())
        else:
            # A row for each hidden unit: its input weight, bias and output weight; and the velocity of each.
            generator = random.Random(job.seed)
            units = [[generator.gauss(0, 1) for _ in range(3)] for _ in range(configuration["hidden"])]
            speeds = [[0.0] * 3 for _ in units]
        while epoch < job.resource:
            # Each epoch has its own order, whether training was interrupted before it or not.
            for x, y in random.Random(job.seed * 1000 + epoch).sample(training, len(training)):
                error = (output(units, x) - y) / len(units)
                for unit, speed in zip(units, speeds):
                    active = math.tanh(unit[0] * x + unit[1])
                    slope = error * unit[2] * (1 - active * active)
                    for i, gradient in enumerate([slope * x, slope, error * active]):
                        speed[i] = configuration["momentum"] * speed[i] - configuration["learning_rate"] * gradient
                        unit[i] += speed[i]
            epoch += 1
            job.save(epoch, json.dumps([units, speeds]).encode())
            job.report(epoch, loss(units))
        return {"loss": loss(units)}


    ash_mpi.serve(train)

    """#
}
