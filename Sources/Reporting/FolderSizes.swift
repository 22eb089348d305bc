internal import Files
internal import Journal
internal import Text

/// How much of a study's folder its checkpoints take, and the best model: found in half a second, as far as that goes.
struct FolderSizes {
  private let checkpoints: TreeSize
  private let best: TreeSize

  private static let mostFiles = 100_000
  private static let mostTime = Duration.milliseconds(500)

  init(of folder: StudyFolder) {
    let end = ContinuousClock.now + Self.mostTime
    func size(_ path: String) -> TreeSize {
      var size = TreeSize()
      Disk.measure(path, below: folder.path, into: &size, upTo: Self.mostFiles, until: end)
      return size
    }
    // The small one first.
    best = size(folder.best)
    checkpoints = size(folder.checkpointsFolder)
  }

  /// `On disk: checkpoints/ 20 MiB in 64 files, best/ 1.5 MiB in 3 files.`; nil where there is nothing.
  var line: String? {
    guard checkpoints.files + best.files > 0 || !checkpoints.isWhole else { return nil }
    return "On disk: checkpoints/ \(Self.text(checkpoints)), best/ \(Self.text(best))."
  }

  private static func text(_ size: TreeSize) -> String {
    size.files == 0 && size.isWhole
      ? "empty"
      : "\(size.isWhole ? "" : "more than ")\(Wording.bytes(size.bytes)) in \(Wording.count(size.files, "file"))"
  }

  var json: JSONValue { ["checkpoints": Self.json(checkpoints), "best": Self.json(best)] }

  private static func json(_ size: TreeSize) -> JSONValue {
    ["bytes": .integer(size.bytes), "files": .integer(size.files), "whole": .flag(size.isWhole)]
  }
}
