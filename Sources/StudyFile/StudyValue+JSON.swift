package import Text

extension StudyValue {
  /// The value as JSON, scalars typed as YAML 1.2 types them.
  package var json: JSONValue {
    switch self {
    case .scalar(let scalar): scalar.isNull ? .null : scalar.parameterValue.json
    case .sequence(let values, _): .array(values.map(\.json))
    case .mapping(let entries, _): .object(entries.map { .init($0.key, $0.value.json) })
    }
  }
}
