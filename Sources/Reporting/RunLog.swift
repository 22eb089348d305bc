package import Files
internal import Foundation
package import Journal
internal import Synchronization

/// The file `run.log` of a study's folder: messages of its runs, each with its time, one run after the other.
///
/// Its length is bounded: see ``MessageLimit``. The journal has every failure. Where the file can't be written, the study
/// runs on without it; ``problem`` says why.
package final class RunLog: Sendable {
  private struct State {
    /// Nil before the file is opened, and after it was closed.
    var file: Int32?
    var problem: DiskError?
    var limit = MessageLimit()
  }

  /// Characters of a message; more are cut off.
  private static let longestMessage = 4000

  private let path: String
  private let state: Mutex<State>

  /// Opens the file, or makes it.
  package init(in folder: StudyFolder) {
    path = folder.runLog
    do throws(DiskError) {
      state = Mutex(State(file: try Disk.openLog(folder.runLog, below: folder.path)))
    } catch {
      state = Mutex(State(problem: error))
    }
  }

  deinit { close() }

  /// Why messages are lost; nil as long as none is.
  package var problem: DiskError? { state.withLock { $0.problem } }

  /// Appends a message, unless there were many like it.
  ///
  /// - Parameter level: the message's importance, in a word.
  package func write(_ level: String, _ message: String) {
    state.withLock { state in
      guard let count = state.limit.admit(message) else { return }
      let repetition = count > MessageLimit.kept ? " [message \(count) of this kind]" : ""
      append(level, message, repetition, &state)
    }
  }

  /// Says how many messages were left out, and closes the file. Further messages are dropped.
  package func close() {
    state.withLock { state in
      for (example, count) in state.limit.leftOut {
        append("notice", "\(count) more like this were left out: \(example)", "", &state)
      }
      state.limit = MessageLimit()
      if let file = state.file { Disk.closeFile(file) }
      state.file = nil
    }
  }

  private func append(_ level: String, _ message: String, _ repetition: String, _ state: inout State) {
    guard let file = state.file else { return }
    let text = message.visible(keepingLines: true).replacing("\n", with: "\n    ")
    let cut = text.prefix(Self.longestMessage)
    let padding = String(repeating: " ", count: max(0, 8 - level.count))
    let line =
      "\(Date().ISO8601Format()) \(level)\(padding)\(cut)\(cut.endIndex < text.endIndex ? "…" : "")\(repetition)\n"
    do throws(DiskError) {
      try Disk.write(Array(line.utf8), to: file, path: path)
    } catch {
      state.problem = error
      Disk.closeFile(file)
      state.file = nil
    }
  }
}
