package import SearchSpace
internal import StudyFile
package import Text
internal import TuningTypes

extension EarlierStudy {
  /// As the header of a journal has it.
  package var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("from", .text(name)), .init("resource", .integer(resource.rawValue)), .init("results", .integer(results)),
    ]
    if let start { members.append(.init("start_with", start.json)) }
    members.append(.init("good", .array(good.map(\.json))))
    members.append(.init("others", .array(others.map(\.json))))
    return .object(members)
  }

  /// Nil where a key is missing or of a wrong type, or a configuration is not of the space.
  package init?(json: JSONValue, in space: SearchSpace) {
    guard let name = json["from"]?.text, let resource = json["resource"]?.integer, resource >= 0,
      let results = json["results"]?.integer, let good = Self.configurations(json["good"], in: space), !good.isEmpty,
      let others = Self.configurations(json["others"], in: space)
    else { return nil }
    var start: Configuration?
    if let value = json["start_with"] {
      guard let configuration = Self.configuration(value, in: space),
        let whole = try? space.validated(configuration)
      else { return nil }
      start = whole
    }
    self.init(
      name: name, resource: Resource(resource), results: results, start: start, good: good, others: others)
  }

  private static func configurations(_ json: JSONValue?, in space: SearchSpace) -> [Configuration]? {
    guard let elements = json?.elements else { return nil }
    let configurations = elements.compactMap { configuration($0, in: space) }
    return configurations.count == elements.count ? configurations : nil
  }

  private static func configuration(_ json: JSONValue, in space: SearchSpace) -> Configuration? {
    guard let members = json.members else { return nil }
    let entries = members.compactMap { member in
      ParameterValue(json: member.value).map { Configuration.Entry(member.key, $0) }
    }
    let configuration = Configuration(entries)
    // The same values, in the space's own form.
    guard entries.count == members.count, let part = try? space.part(of: configuration), part == configuration else {
      return nil
    }
    return part
  }
}
