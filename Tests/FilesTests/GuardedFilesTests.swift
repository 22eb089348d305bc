import Files
import Foundation
import Randomness
import TestSupport
import Testing

/// Folders that others can write to: no link that somebody has planted leads anywhere.
@Suite struct GuardedFilesTests {
  private let temporary: TemporaryFolder
  private var root: String { temporary.path + "/study" }
  private var victim: String { temporary.path + "/victim" }

  init() throws {
    temporary = try TemporaryFolder()
    try Disk.makeFolder(temporary.path + "/study/logs")
    try Disk.makeFolder(victim)
    try Disk.writeAtomically(Array("precious".utf8), to: victim + "/file")
  }

  private func expectVictimUnharmed(_ comment: Comment) throws {
    #expect(try Disk.read(victim + "/file") == Array("precious".utf8), comment)
    #expect(Disk.names(in: victim) == ["file"], comment)
  }

  /// Every operation that writes, under a folder that is a link to elsewhere.
  @Test func aLinkOnTheWayIsNotFollowed() throws {
    symlink(victim, root + "/best")
    let path = root + "/best/file"
    try Disk.writeAtomically([1], to: root + "/logs/log")
    let operations: [(String, () throws -> Void)] = [
      ("write", { try Disk.writeAtomically([1], to: path, below: root) }),
      ("create", { _ = try Disk.createForWriting(path, below: root) }),
      ("room", { try Disk.expectRoom(for: 1, in: root + "/best", below: root) }),
      ("folder", { try Disk.makeFolder(path + "/in/it", below: root) }),
      ("the folder itself", { try Disk.makeFolder(root + "/best", below: root) }),
      ("link", { _ = try Disk.link(root + "/logs", as: path, below: root) }),
      ("keep", { _ = try Disk.keep(root + "/logs", as: path, below: root) }),
      ("delete", { try Disk.removeTree(path, below: root) }),
      ("unshare", { try Disk.unshareFiles(in: root + "/best", below: root) }),
      ("read", { _ = try Disk.readRegularFile(path, below: root) }),
    ]
    for (name, operation) in operations {
      let error = #expect(throws: DiskError.self, "\(name)") { try operation() }
      #expect(error?.code == ELOOP, "\(name): \(error?.description ?? "")")
      #expect(error?.description.contains("is a symbolic link, which is not followed here") == true)
      try expectVictimUnharmed("\(name)")
    }
    #expect(Disk.names(in: root + "/best", below: root) == [])
    // The link itself may go.
    try Disk.removeTree(root + "/best", below: root)
    #expect(!Disk.exists(root + "/best"))
    try expectVictimUnharmed("deletion of the link")
  }

  @Test(arguments: ["link", "hard link", "loop", "pipe"]) func whatLiesInAFilesPlaceIsReplacedAndNotWrittenInto(
    kind: String
  ) throws {
    func plant(_ path: String) {
      switch kind {
      case "link": symlink(victim + "/file", path)
      case "hard link": link(victim + "/file", path)
      case "loop": symlink(path, path)
      default: mkfifo(path, 0o600)
      }
    }
    plant(root + "/log")
    let file = try Disk.createForWriting(root + "/log", below: root)
    try Disk.write([7], to: file, path: "log")
    Disk.closeFile(file)
    #expect(try Disk.readRegularFile(root + "/log", below: root) == [7])

    plant(root + "/summary")
    try Disk.writeAtomically([8], to: root + "/summary", below: root)
    #expect(try Disk.readRegularFile(root + "/summary", below: root) == [8])
    try expectVictimUnharmed("\(kind)")
  }

  @Test func aTemporaryNameCanNotBeForeseen() throws {
    // Nobody can plant what would be followed: names differ each time, and whatever has one stops the write.
    var names: Set<String> = []
    let watched = root + "/logs"
    for _ in 0..<50 {
      // The folder in its place makes the last step fail, after the temporary file was made; nothing may stay behind.
      try Disk.makeFolder(watched + "/target/inside")
      #expect(throws: DiskError.self) { try Disk.writeAtomically([1], to: watched + "/target", below: root) }
      names.formUnion(Disk.names(in: watched))
    }
    #expect(names == ["target"])
  }

  @Test func parentFoldersAreNoWayOut() throws {
    #expect(throws: DiskError.self) {
      try Disk.writeAtomically([1], to: root + "/../victim/file", below: root)
    }
    #expect(throws: DiskError.self) { try Disk.writeAtomically([1], to: root + "/..", below: root) }
    #expect(throws: DiskError.self) { try Disk.writeAtomically([1], to: victim + "/file", below: root) }
    try expectVictimUnharmed("..")
  }

  /// Random trees with links, empty folders and names that are no text: kept, unshared and deleted whole.
  @Test(arguments: 0..<30) func aTreeIsKeptAsItIsAndDeletedWhole(seed: Int) throws {
    var random = testGenerator(seed)
    var count = 0
    func grow(_ folder: String, depth: Int) throws {
      for _ in 0..<random.below(5) {
        count += 1
        let name = count % 7 == 3 ? String(systemBytes: [0xE9, UInt8(count)]) : "n\(count)"
        let path = folder + "/" + name
        switch random.below(4) {
        case 0 where depth < 4:
          try Disk.makeFolder(path)
          try grow(path, depth: depth + 1)
        case 1: path.withSystemPath { _ = symlink(victim, $0) }
        default: try Disk.writeAtomically([UInt8(truncatingIfNeeded: count)], to: path)
        }
      }
    }
    let tree = root + "/tree"
    try Disk.makeFolder(tree + "/one")
    try grow(tree, depth: 0)
    func listing(_ folder: String) -> [String] {
      Disk.names(in: folder, below: temporary.path).flatMap { name -> [String] in
        let path = "\(folder)/\(name)"
        let bytes = try? Disk.readRegularFile(path, below: temporary.path)
        return ["\(name)=\(bytes ?? [])"] + listing(path).map { "\(name)/\($0)" }
      }
    }
    let before = listing(tree)
    #expect(try Disk.keep(tree, as: root + "/kept", below: root))
    #expect(listing(root + "/kept") == before)
    try Disk.unshareFiles(in: tree, below: root)
    #expect(listing(tree) == before)
    // Written into, not replaced: the other keeps what it had.
    for name in Disk.names(in: tree, below: root) {
      let path = "\(tree)/\(name)"
      guard try Disk.readRegularFile(path, below: root) != nil else { continue }
      let file = try Disk.openForAppending(path)
      try Disk.write([0], to: file, path: path)
      Disk.closeFile(file)
    }
    #expect(listing(root + "/kept") == before)
    try Disk.removeTree(tree, below: root)
    try Disk.removeTree(root + "/kept", below: root)
    #expect(Disk.names(in: root) == ["logs"])
    try expectVictimUnharmed("seed \(seed)")
  }
}

@Suite struct PathsTests {
  @Test(
    arguments: [
      ("/a/b", "/a/b"), ("/a/./b//c/", "/a/b/c"), ("/a/../b", "/b"), ("/..", "/"), ("/", "/"), ("//a", "/a"),
      ("/a/b/../../..", "/"),
    ])
  func anAbsolutePathIsTidied(path: String, tidy: String) throws { #expect(try Paths.absolute(path) == tidy) }

  @Test func aRelativePathBeginsAtTheCurrentFolder() throws {
    let current = try Paths.currentFolder()
    #expect(current == FileManager.default.currentDirectoryPath)
    #expect(try Paths.absolute("a/../b") == (current == "/" ? "/b" : current + "/b"))
  }
}
