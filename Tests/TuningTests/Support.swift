import Tuning

/// A study from its YAML, as if it stood in `study.yaml` in the folder `/data`.
func decodedStudy(_ yaml: String, set overrides: [String] = []) throws(StudyError) -> Study {
  try Study(yaml: yaml, source: "study.yaml", directory: "/data", overrides: overrides)
}

/// The message that a person gets for a study, or "sound".
func complaint(_ yaml: String, set overrides: [String] = []) -> String {
  do {
    _ = try decodedStudy(yaml, set: overrides)
    return "sound"
  } catch {
    return error.description
  }
}
