public import StudyFile

/// A study from its YAML, as if it stood in `study.yaml` in the folder `/data`.
public func decodedStudy(_ yaml: String, set overrides: [String] = []) throws(StudyError) -> Study {
  try Study(yaml: yaml, source: "study.yaml", directory: "/data", overrides: overrides)
}

/// The message that a person gets for a study, or "sound".
public func complaint(_ yaml: String, set overrides: [String] = []) -> String {
  do {
    _ = try decodedStudy(yaml, set: overrides)
    return "sound"
  } catch {
    return error.description
  }
}

/// Two hyperparameters, three rungs, six configurations.
public let smallStudy = """
  seed: 5
  search_space: {x: {type: float, min: 0, max: 1}, y: {type: int, min: 1, max: 100}}
  scheduler: {reduction_factor: 2, max_resource: 4}
  budget: {configurations: 6}
  start_with: [{x: 0.25, y: 7}, {x: 0.75, y: 8}]
  trainer: {kind: none}
  """
