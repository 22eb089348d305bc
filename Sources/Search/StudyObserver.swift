/// What a study tells the person who watches it.
public protocol StudyObserver: AnyObject {
  /// Called a few times a second, and once more when the study is over.
  ///
  /// - Parameter time: seconds since the study began.
  func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool)

  /// Something is odd; the study goes on.
  func warn(_ message: String)

  /// Whether ``note(_:)`` gets every record, and not failures alone. Read once, before the first job.
  var followsJobs: Bool { get }

  /// Gets what the search has recorded: each failure of a job, and all other records where ``followsJobs`` is true.
  ///
  /// Not called where the study keeps no journal, nor by a simulation.
  func note(_ record: SearchRecord)
}

extension StudyObserver {
  public var followsJobs: Bool { false }
  public func note(_ record: SearchRecord) {}
}
