internal import ArgumentParser

/// A `key=value` of the command line.
struct StudyOverride: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    guard Study.isOverride(argument) else { return nil }
    text = argument
  }
}
