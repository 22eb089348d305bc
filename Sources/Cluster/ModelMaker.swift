internal import Files
internal import SearchSpace

/// Makes models on a thread of its own, one at a time, so that no worker waits for them.
final class ModelMaker: Sendable {
  private let answers = Mailbox<ModelAnswer>()

  /// Begins to make a model. Where the system gives no thread, it is made at once.
  func make(_ request: ModelRequest) {
    do throws(SystemError) {
      try SystemThread.start("model") { [answers] in answers.put(request.answer()) }
    } catch {
      answers.put(request.answer())
    }
  }

  /// What a model answers, once it is made.
  func take() -> ModelAnswer? { answers.take() }
}
