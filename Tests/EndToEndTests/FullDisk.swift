import Foundation
import LaunchSupport

/// A small file system of its own for a test's results, gone with the object. Needs root, and leave to mount.
final class SmallDisk: Sendable {
  let path: String
  /// Kept until the disk is taken down: what is mounted in a folder keeps it from being deleted.
  private let scratch: Scratch

  init(in scratch: Scratch, kilobytes: Int) async throws {
    self.scratch = scratch
    path = scratch.path("disk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try await Self.mount(["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
  }

  deinit {
    // Lazily, so that nothing stays mounted whatever still has a file open.
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["umount", "--lazy", path]
    try? process.run()
    process.waitUntilExit()
  }

  func remount(_ options: String) async throws { try await Self.mount(["-o", "remount,\(options)", path]) }

  private static func mount(_ arguments: [String]) async throws {
    let outcome = try await Launch.program(Launch.path(ofCommand: "mount"), arguments: arguments)
    guard outcome.isSuccess else { throw MountError(description: "\(outcome)") }
  }

  private struct MountError: Error, CustomStringConvertible { let description: String }

  /// Whether this machine lets the tests mount anything.
  static func isPossible() async -> Bool {
    guard let scratch = try? Scratch() else { return false }
    return (try? await SmallDisk(in: scratch, kilobytes: 64)) != nil
  }
}
