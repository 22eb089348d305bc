public import StudyFile

/// Which study to run, and where its results go.
public struct StudyRequest: Sendable {
  /// The study file; nil takes the study that is in the output folder.
  public var path: String?
  /// The folder for the results; nil takes the next free one below `ash-runs`.
  public var output: String?
  /// `key=value` pairs that replace values of the file.
  public var overrides: [String]
  /// Goes on with the study that is in the output folder, if there is one.
  public var resumes: Bool
  /// A lock that a run on another node has left in the folder counts for nothing.
  public var overridesLock: Bool

  public init(
    path: String?, output: String? = nil, overrides: [String] = [], resumes: Bool = false, overridesLock: Bool = false
  ) {
    self.path = path
    self.output = output
    self.overrides = overrides
    self.resumes = resumes
    self.overridesLock = overridesLock
  }
}

extension StudyRequest {
  /// The study that the file describes.
  ///
  /// - Throws: `StudyError`, `DiskError`.
  public func study() throws -> Study { try StudySource.read(self).study() }

  /// A study that begins with what it learns from earlier ones; as it is where its folder has a journal that is gone on with, which
  /// says that itself.
  func learned(_ study: Study, goesOn: Bool) throws -> (study: Study, readings: [EarlierReading]) {
    guard !study.learnFrom.isEmpty else { return (study, []) }
    let own = try output.map { StudyFolder(path: try Paths.absolute($0)) }
    if goesOn, let own, Disk.exists(own.journal), try !JournalReader(path: own.journal).isEmpty { return (study, []) }
    return try study.learningFromFolders(own: own?.path)
  }
}

/// A study file, read: what every rank needs to build the same study.
struct StudySource: Sendable {
  var text: String
  /// What messages call the file.
  var name: String
  /// The absolute folder that the study's relative paths start from.
  var directory: String
  var overrides: [String]

  /// Reads the study that a request names: its file, or what lies in its folder.
  static func read(_ request: StudyRequest) throws -> StudySource {
    if let path = request.path { return try StudySource(file: path, overrides: request.overrides) }
    var source = try StudySource(runIn: StudyFolder(path: request.output ?? "."))
    source.overrides += request.overrides
    return source
  }

  private init(file path: String, overrides: [String]) throws {
    if Disk.isFolder(path) {
      throw StudyError(
        source: path, problem: "a folder, where a study file is wanted",
        advice: "Give the file. To go on with a folder's study: ash-mpi resume \(path.shellWord)")
    }
    guard let bytes = try Disk.read(path) else {
      throw StudyError(
        source: path, problem: "no such study file",
        advice: "Check the path, or run 'ash-mpi init' for a study to start from.")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw StudyError(source: path, problem: "the file is not UTF-8 text", advice: "Save it as UTF-8.")
    }
    self.text = text
    name = path
    directory = try Paths.folder(of: Paths.absolute(path))
    self.overrides = overrides
  }

  /// The study of a folder where one has been run.
  ///
  /// - Throws: `StudyError` where there is none; what reading its journal throws.
  init(runIn folder: StudyFolder) throws {
    if Disk.exists(folder.path), !Disk.isFolder(folder.path) {
      throw StudyError(
        source: folder.path, problem: "a file, where the folder of a study is wanted",
        advice: "Give the folder that the study was begun in; 'ash-mpi run STUDY -o DIR' begins one.")
    }
    guard let bytes = try Disk.read(folder.study) else {
      throw StudyError(
        source: folder.path, problem: "no study has been run here (there is no study.yaml)",
        advice: "Give the folder that the study was begun in; 'ash-mpi run' names it at its end.")
    }
    let journal = Disk.exists(folder.journal) ? try JournalReader(path: folder.journal) : nil
    guard let journal, !journal.isEmpty else {
      throw StudyError(
        source: folder.path,
        problem: journal == nil
          ? "the study left no journal: it ended before it had begun, or kept none"
          : "the study that was to run here ended before it had begun",
        advice: "Start it with: ash-mpi run STUDY -o \(folder.path.shellWord)")
    }
    let header = try journal.header()
    text = String(decoding: bytes, as: UTF8.self)
    name = folder.study
    directory = try Self.directory(of: folder, header: header, text: text)
    var overrides = (header["overrides"]?.elements ?? []).compactMap(\.text)
    try journal.forEach(kind: "resume") { event in
      if case .resume(_, _, let more, _) = event { overrides += more }
    }
    self.overrides = overrides
  }

  /// Where the paths of a study start from that has been run in a folder.
  ///
  /// Its file says so, relative to the folder where both may move together. Those of this program's first versions did not: then
  /// the journal's header does, and where that folder is gone, the one around the results, or around `ash-runs`.
  private static func directory(of folder: StudyFolder, header: JSONValue, text: String) throws -> String {
    let path = try Paths.absolute(folder.path)
    let first = header["directory"]?.text
    if Study.saysDirectory(text) { return path }
    if let first, Disk.isFolder(first) { return first }
    let around = Paths.folder(of: path)
    return around.hasSuffix("/ash-runs") ? Paths.folder(of: around) : around
  }

  func study() throws(StudyError) -> Study {
    try Study(yaml: text, source: name, directory: directory, overrides: overrides)
  }

  /// For the other ranks.
  func encoded(folder: String) -> [UInt8] {
    let message: JSONValue = [
      "text": .text(text), "name": .text(name), "directory": .text(directory),
      "overrides": .array(overrides.map { .text($0) }), "folder": .text(folder),
    ]
    return Array(message.formatted().utf8)
  }

  /// What ``encoded(folder:)`` gave.
  static func decoded(_ bytes: [UInt8]) throws -> (source: StudySource, folder: String) {
    let message = try JSONValue(parsing: bytes)
    let text = { (key: String) in message[key]?.text ?? "" }
    let overrides = (message["overrides"]?.elements ?? []).compactMap(\.text)
    let source = StudySource(text: text("text"), name: text("name"), directory: text("directory"), overrides: overrides)
    return (source, text("folder"))
  }

  private init(text: String, name: String, directory: String, overrides: [String]) {
    self.text = text
    self.name = name
    self.directory = directory
    self.overrides = overrides
  }
}
