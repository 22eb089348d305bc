internal import Journal
internal import Training

/// Watches the place where a study runs, and keeps the first fault that it shows.
struct PlaceWatch {
  private let folder: StudyFolder
  private(set) var fault: PlaceFault?
  /// When a failed job is next a reason to look after the disk.
  private var nextLook = 0.0

  init(_ folder: StudyFolder) { self.folder = folder }

  /// Notes a fault.
  ///
  /// - Returns: whether it is the first.
  mutating func note(_ fault: PlaceFault) -> Bool {
    guard self.fault == nil else { return false }
    self.fault = fault
    return true
  }

  /// What stopped the study was the first sign that its journal is gone.
  mutating func noteLostJournal() { fault?.losesJournal = true }

  /// Looks for a fault of the place when a job has failed. The look costs a tenth of the driver's time at most.
  ///
  /// - Parameter clock: reads the time in seconds.
  /// - Returns: the fault; nil where the job has failed by itself.
  mutating func faultBehindFailure(clock: () -> Double) -> PlaceFault? {
    let began = clock()
    guard fault == nil, began >= nextLook else { return fault }
    do {
      try folder.expectRoom()
      nextLook = clock() + 9 * (clock() - began)
      return nil
    } catch {
      return PlaceFault(error)
    }
  }
}
