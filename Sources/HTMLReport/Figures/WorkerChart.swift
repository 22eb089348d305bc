internal import Journal
internal import Reporting
internal import Text

/// What each worker did when: for the page's script, which draws it.
///
/// Where there are few jobs each of them; otherwise for each of some groups of workers, in equal parts of the time, how busy they were,
/// and with which rung.
struct WorkerChart {
  private let study: ReportedStudy
  static let mostIntervals = 20_000
  static let mostRows = 96
  static let parts = 500

  init?(_ study: ReportedStudy) {
    guard !study.timeline.intervals.isEmpty, study.time > 0 else { return nil }
    self.study = study
  }

  var isExact: Bool {
    study.timeline.intervals.count <= Self.mostIntervals && study.timeline.workers <= 4 * Self.mostRows
  }

  var rows: Int { isExact ? study.timeline.workers : min(Self.mostRows, study.timeline.workers) }

  /// - Returns: what the script has to know besides the columns.
  func add(to columns: inout Columns) -> JSONValue {
    isExact ? addIntervals(to: &columns) : addParts(to: &columns)
    return [
      "exact": .flag(isExact), "rows": .integer(rows), "workers": .integer(study.timeline.workers),
      "parts": .integer(Self.parts), "end": .number(study.time),
    ]
  }

  private func addIntervals(to columns: inout Columns) {
    let intervals = study.timeline.intervals
    columns.add("wWorker", intervals.map { UInt16(clamping: Int($0.worker)) })
    columns.add("wTrial", intervals.map { UInt32(clamping: Int($0.trial)) })
    columns.add("wStart", intervals.map { Float($0.start) })
    columns.add("wEnd", intervals.map { Float($0.end) })
    columns.add("wTraining", intervals.map { $0.training })
    columns.add("wLevel", intervals.map { UInt8(clamping: study.levelOfKey[Int($0.key)]) })
    columns.add("wEnding", intervals.map { $0.ending.rawValue })
  }

  /// Of each row and part: the share of its time that was busy, in 255 steps; the level that took most of it; whether a job failed.
  func binned() -> (busy: [UInt8], level: [UInt8], failed: [UInt8]) {
    let (rows, parts, end) = (rows, Self.parts, study.time)
    let (levels, width) = (max(1, study.levels.count), end / Double(Self.parts))
    var seconds = [Float](repeating: 0, count: rows * parts * levels)
    var failed = [UInt8](repeating: 0, count: rows * parts)
    for interval in study.timeline.intervals {
      let row = Int(interval.worker) * rows / study.timeline.workers
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
      let first = (row * study.timeline.workers + rows - 1) / rows
      let next = ((row + 1) * study.timeline.workers + rows - 1) / rows
      busy[cell] = UInt8(min(255, max(0, 255 * Double(sum) / (width * Double(max(1, next - first))))))
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
    if isExact {
      return
        "Each row is a worker, each bar a job in the colour of its rung; its pale beginning is the start of the job and the "
        + "transfer of its checkpoint. Red: a job that failed or was cut off. Gaps are idle time. \(jobs) on \(workers). "
        + "Drag over a stretch to enlarge it; double-click for all."
    }
    return
      "\(jobs) on \(workers), \(rows) rows: the stronger a cell, the busier its workers were, in the colour of the rung that "
      + "took most of their time. Red: jobs failed there."
  }
}
