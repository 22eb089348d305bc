internal import Files
internal import Journal
internal import Search
internal import SearchSpace
internal import StudyFile
internal import Text
internal import TuningTypes

/// What the page's script gets of a study, as JSON and packed columns.
struct StudyIsland {
  let json: [UInt8]
  /// In base64.
  let columns: [UInt8]
  let trials: TrialColumns
  let table: TrialTable
  let workers: WorkerChart?

  init(_ study: ReportedStudy, _ standings: [ReportedStudy.Standing], importance: ImportanceMap?) {
    let running = Set(study.history.runningJobs.map(\.trial))
    trials = TrialColumns(study, standings)
    table = TrialTable(study, TrialColumns.ranked(standings))
    workers = WorkerChart(study)
    var columns = Columns()
    trials.add(to: &columns, standings, running: running)
    let chart = workers?.add(to: &columns)
    let members: [JSONValue.Member] = [
      .init("name", .text(study.study.name)), .init("metric", .text(study.metric.visible)),
      .init("unit", .text(study.unit.visible)),
      .init("lowIsBest", .flag(study.isLowBest)),
      .init("maxResource", .integer(study.levels.last?.resource.rawValue ?? 1)),
      .init("axis", Self.json(Self.axis(of: study))), .init("levels", Self.levels(of: study)),
      .init("parameters", Self.parameters(of: study, importance)), .init("slices", Self.slices(of: study)),
      .init("table", table.json(standings, running: running)), .init("workers", chart ?? .null),
      .init("layout", columns.layout),
    ]
    var text = JSONText()
    text.append(.object(members))
    json = Self.safe(text.bytes)
    self.columns = columns.text
  }

  /// JSON that no HTML parser takes for the end of a script, whatever its strings are.
  static func safe(_ json: [UInt8]) -> [UInt8] {
    var safe: [UInt8] = []
    safe.reserveCapacity(json.count)
    var index = 0
    while index < json.count {
      let byte = json[index]
      index += 1
      if byte == UInt8(ascii: "<") {
        safe += Array("\\u003c".utf8)
      } else if byte == 0xE2, index + 1 < json.count, json[index] == 0x80 || json[index] == 0x81 {
        // U+2000 to U+207F: among them are those that hide or turn the writing, in an editor too.
        let scalar = 0x2000 | UInt32(json[index] & 1) << 6 | UInt32(json[index + 1] & 0x3F)
        safe += Array("\\u\(String(scalar, radix: 16))".utf8)
        index += 2
      } else {
        safe.append(byte)
      }
    }
    return safe
  }

  private static func json(_ axis: Axis) -> JSONValue {
    [
      "low": .number(axis.low), "high": .number(axis.high), "scale": .text(axis.scale.rawValue),
      "ticks": ticks(axis.ticks),
    ]
  }

  private static func ticks(_ ticks: [Axis.Tick]) -> JSONValue {
    .array(ticks.map { [.number($0.position), .text($0.label.visible)] })
  }

  /// For the results of all levels.
  private static func axis(of study: ReportedStudy) -> Axis {
    let values = study.levels.flatMap { level in level.losses.prefix(mostForMedians).map { study.value($0) } }
    return .robust(values, isLowBest: study.isLowBest, label: "")
  }

  private static func levels(of study: ReportedStudy) -> JSONValue {
    .array(
      study.levels.enumerated().map { number, level in
        let axis = Axis.robust(level.losses.lazy.map { study.value($0) }, isLowBest: study.isLowBest, label: "")
        return .object([
          .init("name", .text(study.rung(number).visible)), .init("longName", .text(study.longName(number).visible)),
          .init("resource", .integer(level.resource.rawValue)), .init("count", .integer(level.count)),
          .init("axis", json(axis)),
        ])
      })
  }

  private static func parameters(of study: ReportedStudy, _ importance: ImportanceMap?) -> JSONValue {
    let rank = importance?.ranking
    return .array(
      study.study.plan.space.parameters.enumerated().map { number, parameter in
        let axis = study.positions.axes[number]
        return .object([
          .init("name", .text(parameter.name)), .init("axis", json(axis.axis)), .init("ticks", ticks(axis.ticks)),
          .init("values", .array(axis.values.map(\.json))),
          .init("isInteger", .flag(parameter.domain.isInteger)),
          .init("rank", .integer(rank?.firstIndex(of: number) ?? number)),
        ])
      })
  }

  /// Of each level, of each hyperparameter, its medians.
  private static func slices(of study: ReportedStudy) -> JSONValue {
    .array(
      study.levels.map { level in
        let stride = max(1, (level.count + mostForMedians - 1) / mostForMedians)
        let some = Swift.stride(from: 0, to: level.count, by: stride)
        return .array(
          study.positions.axes.enumerated().map { number, axis in
            let points = some.compactMap { index in
              study.positions.position(of: number, ofTrialAt: Int(level.trials[index])).map {
                ($0, level.losses[index])
              }
            }
            return SliceMedians(axis, points).json(value: study.value)
          })
      })
  }

  private static let mostForMedians = 8000
}
