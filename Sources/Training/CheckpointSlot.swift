public import Files
internal import Glibc

/// The place of one trial's checkpoint.
public struct CheckpointSlot: Hashable, Sendable {
  let folder: String
  let name: String
  private let root: String?

  /// - Parameter root: a folder above it; no link below that is followed.
  public init(folder: String, name: String, below root: String? = nil) {
    self.folder = folder
    self.name = name
    self.root = root
  }

  public var path: String { "\(folder)/\(name)" }

  /// The checkpoint's bytes, or nil where there is none: where nothing is, or anything but a regular file that can be read
  /// to its end.
  ///
  /// - Throws: ``DiskError`` where it may not be read: that is for a person to mend, and no reason to train anew.
  public func read() throws(DiskError) -> [UInt8]? { try Disk.readRegularFile(path, below: root) }

  /// Replaces the checkpoint; a reader sees the old one or the new one, never a part.
  public func write(_ bytes: [UInt8]) throws(DiskError) {
    do throws(DiskError) {
      try Disk.writeAtomically(bytes, to: path, below: root)
    } catch {
      // Once a thousand trials the folder is missing; hardly ever a folder is in the checkpoint's place.
      switch error.code {
      case ENOENT: try Disk.makeFolder(folder, below: root)
      case EISDIR: try Disk.removeTree(path, below: root)
      default: throw error
      }
      try Disk.writeAtomically(bytes, to: path, below: root)
    }
  }

  /// Looks whether this process may write here, if only into the folder that is to be made.
  ///
  /// - Throws: ``DiskError`` with what is in the way.
  public func expectWritable() throws(DiskError) {
    for path in [folder, path] where Disk.isFolder(path) { try Disk.expectWritable(path) }
  }

  /// Whether something is there that is no folder, where a trainer's program keeps its checkpoints in one.
  package var isNoFolder: Bool { (try? Disk.isNoFolder(path, below: root)) ?? false }

  /// Makes the checkpoint's folder ready for a program that writes into it, however it does so.
  ///
  /// What is kept of it elsewhere shares its files; the files here become copies.
  ///
  /// - Returns: whether the folder holds anything. What is no folder is removed.
  public func prepareFolder() throws(DiskError) -> Bool {
    try Disk.makeFolder(folder, below: root)
    if try !Disk.isOwnFolder(path, below: root) { try Disk.removeTree(path, below: root) }
    if try Disk.makeNewFolder(path, below: root) { return false }
    try Disk.unshareFiles(in: path, below: root)
    return try !Disk.isEmptyFolder(path, below: root)
  }

  /// Keeps the checkpoint as it is now under another name, whatever becomes of it later, as long as a file is replaced
  /// and not written into, and a folder made ready with ``prepareFolder()``. False where there is none.
  @discardableResult
  public func keep(as path: String) throws(DiskError) -> Bool {
    try Disk.keep(self.path, as: path, below: root)
  }

  public func remove() { try? Disk.removeTree(path, below: root) }
}
