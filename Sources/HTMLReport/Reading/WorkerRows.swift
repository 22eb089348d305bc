/// The rows of the workers' chart: a worker each, or several where there are many.
///
/// Where there is more than one host, the workers of a host stand side by side. A worker that another run had on another host is in a
/// row of each of them.
struct WorkerRows: Sendable {
  private struct Seat: Hashable, Sendable {
    let host: Int
    let worker: Int
  }

  /// The rows of a host.
  struct Host: Sendable {
    let name: String
    let rows: Range<Int>
    let workers: Int
  }

  private let hostNames: [String]
  private let rows: [[Seat]]
  private let rowOfSeat: [Seat: Int32]
  /// Of each crew the number of each worker's host.
  private let hostsOfCrews: [[Int]]
  /// Where there is more than one, in the order of their first workers; empty as well where there are more hosts than rows.
  let hosts: [Host]

  /// - Parameter most: the most rows. Of few hosts each has one at least, which may come to twice as many.
  init(_ timeline: WorkerTimeline, most: Int) {
    (hostNames, hostsOfCrews) = Self.hosts(of: timeline)
    var groups = [[Int]](repeating: [], count: max(1, hostNames.count))
    if hostNames.count > 1 {
      for seat in Self.seats(of: timeline, hostsOfCrews, unknown: hostNames.count - 1) {
        groups[seat.host].append(seat.worker)
      }
    } else {
      groups[0] = Array(0..<timeline.workers)
    }
    var seats = groups.enumerated().map { host, workers in workers.sorted().map { Seat(host: host, worker: $0) } }
    let all = max(most, seats.reduce(0) { $0 + $1.count })
    let isGrouped = hostNames.count > 1 && hostNames.count <= most
    if !isGrouped { seats = [seats.flatMap(\.self)] }
    var (rows, hosts) = ([[Seat]](), [Host]())
    for group in seats {
      let count = (group.count * most + all - 1) / all
      let first = rows.count
      for row in 0..<count {
        rows.append(Array(group[(row * group.count / count)..<((row + 1) * group.count / count)]))
      }
      if isGrouped, let host = group.first?.host {
        hosts.append(Host(name: hostNames[host], rows: first..<rows.count, workers: group.count))
      }
    }
    (self.rows, self.hosts) = (rows, hosts)
    var places: [Seat: Int32] = [:]
    for (row, seats) in rows.enumerated() { for seat in seats { places[seat] = Int32(clamping: row) } }
    rowOfSeat = places
  }

  /// The names of all hosts, behind them one for workers whose host is unknown; and of each crew the number of each worker's host.
  private static func hosts(of timeline: WorkerTimeline) -> (names: [String], crews: [[Int]]) {
    var (names, numbers) = ([String](), [String: Int]())
    let crews = timeline.crews.map { crew in
      crew.hosts.map { name in
        if let known = numbers[name] { return known }
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
      }
    }
    return names.count > 1 ? (names + ["unknown host"], crews) : ([], [])
  }

  /// All workers on the hosts where they were.
  private static func seats(of timeline: WorkerTimeline, _ hosts: [[Int]], unknown: Int) -> Set<Seat> {
    var seats: Set<Seat> = []
    for (crew, intervals) in timeline.crewsWithIntervals {
      for (worker, host) in hosts[crew].enumerated() { seats.insert(Seat(host: host, worker: worker)) }
      for interval in intervals where Int(interval.worker) >= hosts[crew].count {
        seats.insert(Seat(host: unknown, worker: Int(interval.worker)))
      }
    }
    return seats
  }

  var count: Int { rows.count }

  var hasOneForEachWorker: Bool { rows.allSatisfy { $0.count == 1 } }

  /// The row of each of the timeline's intervals.
  func places(in timeline: WorkerTimeline) -> [Int32] {
    var places: [Int32] = []
    places.reserveCapacity(timeline.intervals.count)
    for (crew, intervals) in timeline.crewsWithIntervals {
      let hosts = hostsOfCrews.isEmpty ? [] : hostsOfCrews[crew]
      for interval in intervals {
        let worker = Int(interval.worker)
        let host = hostNames.isEmpty ? 0 : worker < hosts.count ? hosts[worker] : hostNames.count - 1
        places.append(rowOfSeat[Seat(host: host, worker: worker)] ?? 0)
      }
    }
    return places
  }

  func workers(inRow row: Int) -> Int { rows[row].count }

  /// What is written beside a row: the number of its first worker.
  func label(ofRow row: Int) -> String { rows[row].first.map { "\($0.worker)" } ?? "" }

  /// What a row is called where it is pointed at: `worker 3 on node1`, `workers 8 to 11`.
  func name(ofRow row: Int) -> String {
    guard let first = rows[row].first, let last = rows[row].last else { return "" }
    let workers =
      rows[row].count == 1
      ? "worker \(first.worker)"
      : last.worker - first.worker + 1 == rows[row].count
        ? "workers \(first.worker) to \(last.worker)" : "\(rows[row].count) workers"
    guard !hostNames.isEmpty else { return workers }
    return first.host == last.host
      ? "\(workers) on \(hostNames[first.host])"
      : "\(workers) on \(last.host - first.host + 1) hosts, \(hostNames[first.host]) to \(hostNames[last.host])"
  }
}
