/// An error that describes itself to a person, and knows whose it is to mend.
public protocol UserError: Error, CustomStringConvertible {
  /// The study, its data or another input is at fault, not the program or the machine.
  var isAboutInput: Bool { get }
}

extension UserError {
  public var isAboutInput: Bool { true }
}
