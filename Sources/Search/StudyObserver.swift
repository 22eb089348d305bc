/// What a study tells the person who watches it.
public protocol StudyObserver: AnyObject {
  /// Called a few times a second, and once more when the study is over.
  ///
  /// - Parameter time: seconds since the study began.
  func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool)

  /// Something is odd; the study goes on.
  func warn(_ message: String)
}
