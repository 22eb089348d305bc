internal import Search
internal import TuningTypes

/// Why jobs gave no result: reasons of the same words count together, whatever numbers are in them.
struct FailureCauses: Sendable {
  struct Cause: Sendable {
    /// The first reason of its kind.
    let reason: String
    /// The trainer said that the configuration makes no sense.
    let isInvalid: Bool
    fileprivate(set) var count = 0
    fileprivate(set) var workers: Set<WorkerID> = []
  }

  private(set) var causes: [Cause] = []
  /// Failures of kinds that came when there were too many to tell apart.
  private(set) var others = 0
  private var places: [String: Int] = [:]
  private static let most = 500
  private static let longest = 400

  mutating func take(_ failure: SearchRecord.Failure) {
    let isInvalid = failure.kind == .invalid
    let key = "\(isInvalid) \(FailureTally.kind(of: failure.reason))"
    if places[key] == nil {
      guard causes.count < Self.most else {
        others += 1
        return
      }
      places[key] = causes.count
      causes.append(Cause(reason: String(failure.reason.prefix(Self.longest)), isInvalid: isInvalid))
    }
    guard let place = places[key] else { return }
    causes[place].count += 1
    causes[place].workers.insert(failure.worker)
  }

  /// The most frequent first; of equally frequent ones the first that came.
  var ranked: [Cause] {
    causes.indices.sorted { (-causes[$0].count, $0) < (-causes[$1].count, $1) }.map { causes[$0] }
  }
}
