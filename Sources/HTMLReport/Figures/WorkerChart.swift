internal import Files
internal import Journal
internal import Reporting
internal import Text

/// What each worker did when: for the page's script, which draws it.
///
/// Where there are few jobs each of them; otherwise for each of some groups of workers, in equal parts of the time, how busy they were,
/// and with which rung. Workers of a host stand side by side.
struct WorkerChart {
  private let study: ReportedStudy
  private let rows: WorkerRows
  /// The row of each of the timeline's intervals.
  private let places: [Int32]
  let isExact: Bool
  /// What the hosts did, where there is more than one.
  let hosts: HostTable?
  static let mostIntervals = 20_000
  static let mostRows = 96
  static let parts = 500

  init?(_ study: ReportedStudy) {
    let timeline = study.timeline
    guard !timeline.intervals.isEmpty, study.time > 0 else { return nil }
    self.study = study
    let fine = timeline.intervals.count <= Self.mostIntervals ? WorkerRows(timeline, most: 4 * Self.mostRows) : nil
    isExact = fine?.hasOneForEachWorker ?? false
    rows = if let fine, isExact { fine } else { WorkerRows(timeline, most: Self.mostRows) }
    places = rows.places(in: timeline)
    hosts = HostTable(timeline, rows, places: places, until: study.time)
  }

  /// - Returns: what the script has to know besides the columns.
  func add(to columns: inout Columns) -> JSONValue {
    isExact ? addIntervals(to: &columns) : addParts(to: &columns)
    return [
      "exact": .flag(isExact), "parts": .integer(Self.parts), "end": .number(study.time),
      "labels": .array((0..<rows.count).map { .text(rows.label(ofRow: $0)) }),
      "names": .array((0..<rows.count).map { .text(rows.name(ofRow: $0).visible) }),
      "hosts": .array(rows.hosts.map { [.text($0.name.visible), .integer($0.rows.lowerBound)] }),
    ]
  }

  private func addIntervals(to columns: inout Columns) {
    let intervals = study.timeline.intervals
    columns.add("wRow", places.map { UInt16(clamping: Int($0)) })
    columns.add("wTrial", intervals.map { UInt32(clamping: Int($0.trial)) })
    columns.add("wStart", intervals.map { Float($0.start) })
    columns.add("wEnd", intervals.map { Float($0.end) })
    columns.add("wTraining", intervals.map { $0.training })
    columns.add("wLevel", intervals.map { UInt8(clamping: study.levelOfKey[Int($0.key)]) })
    columns.add("wEnding", intervals.map { $0.ending.rawValue })
  }

  /// Of each row and part: the share of its time that was busy, in 255 steps; the level that took most of it; whether a job failed.
  func binned() -> (busy: [UInt8], level: [UInt8], failed: [UInt8]) {
    let (rows, parts, end) = (rows.count, Self.parts, study.time)
    let (levels, width) = (max(1, study.levels.count), end / Double(Self.parts))
    var seconds = [Float](repeating: 0, count: rows * parts * levels)
    var failed = [UInt8](repeating: 0, count: rows * parts)
    for (place, interval) in zip(places, study.timeline.intervals) {
      let row = Int(place)
      let level = study.levelOfKey[Int(interval.key)]
      var part = min(Int(interval.start / width), parts - 1)
      let last = min(Int(interval.end / width), parts - 1)
      if interval.ending == .failed { failed[row * parts + last] = 1 }
      while part <= last {
        let overlap = min(interval.end, Double(part + 1) * width) - max(interval.start, Double(part) * width)
        seconds[(row * parts + part) * levels + level] += Float(max(0, overlap))
        part += 1
      }
    }
    var busy = [UInt8](repeating: 0, count: rows * parts)
    var dominant = busy
    for cell in busy.indices {
      let own = seconds[(cell * levels)..<((cell + 1) * levels)]
      let (row, sum) = (cell / parts, own.reduce(0, +))
      busy[cell] = UInt8(min(255, max(0, 255 * Double(sum) / (width * Double(self.rows.workers(inRow: row))))))
      dominant[cell] = UInt8(clamping: (own.indices.max { own[$0] < own[$1] } ?? own.startIndex) - own.startIndex)
    }
    return (busy, dominant, failed)
  }

  private func addParts(to columns: inout Columns) {
    let (busy, level, failed) = binned()
    columns.add("wBusy", busy)
    columns.add("wLevel", level)
    columns.add("wFailed", failed)
  }

  var caption: String {
    let jobs = Wording.count(study.timeline.intervals.count, "job")
    let workers = Wording.count(study.timeline.workers, "worker")
    let byHost =
      rows.hosts.isEmpty
      ? "" : " Workers of a host stand side by side; one that another run had on another host has a row on each."
    if isExact {
      return
        "Each row is a worker, each bar a job in the colour of its rung; its pale beginning is the start of the job and the "
        + "transfer of its checkpoint. Red: a job that failed or was cut off. Gaps are idle time. \(jobs) on \(workers)."
        + "\(byHost) Drag over a stretch to enlarge it; double-click for all."
    }
    return
      "\(jobs) on \(workers), \(rows.count) rows: the stronger a cell, the busier its workers were, in the colour of the rung that "
      + "took most of their time. Red: jobs failed there.\(byHost)"
  }
}
