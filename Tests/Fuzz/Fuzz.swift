internal import Foundation

/// Feeds mutated inputs to the program's readers: none may crash, hang, or fail in a way that has no exit code.
///
///     fuzz [READER…] [--count N] [--from N] [--seed N] [--corpus FOLDER] [--list]
///
/// An input is a function of reader, seed and number: `fuzz journal --from 1234 --count 1` runs one again. Each reader runs in
/// a process of its own, so that a trap or a hang is seen from outside.
@main
enum Fuzz {
  static func main() throws {
    let arguments = FuzzArguments(CommandLine.arguments.dropFirst())
    guard let arguments else {
      complain("usage: fuzz [READER…] [--count N] [--from N] [--seed N] [--corpus FOLDER] [--list]")
      exit(64)
    }
    if arguments.lists {
      for reader in Reader.all { print(reader.name) }
      return
    }
    if let name = arguments.child, let reader = Reader.all.first(where: { $0.name == name }) {
      exit(try FuzzChild(reader, arguments).run())
    }
    let readers = Reader.all.filter { arguments.readers.isEmpty || arguments.readers.contains($0.name) }
    let unknown = arguments.readers.filter { name in !Reader.all.contains { $0.name == name } }
    guard unknown.isEmpty else {
      complain(
        "no reader \(unknown.joined(separator: ", ")); there are: \(Reader.all.map(\.name).joined(separator: ", "))")
      exit(64)
    }
    var failures = 0
    for reader in readers { failures += try FuzzParent(reader, arguments).run() }
    exit(failures == 0 ? 0 : 1)
  }

  static func complain(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }
}

/// The command line.
struct FuzzArguments {
  var readers: [String] = []
  var count = 1000
  var from = 0
  var seed: UInt64 = 1
  var corpus = "Tests/Fuzz/corpus"
  var lists = false
  /// The reader whose inputs this process feeds; nil in the process that watches.
  var child: String?
  /// Where a child writes the number of the input that it is at.
  var progress = ""

  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    while let argument = rest.next() {
      switch argument {
      case "--list": lists = true
      case "--count", "--from", "--seed":
        guard let number = rest.next().flatMap(Int.init), number >= 0 else { return nil }
        switch argument {
        case "--count": count = number
        case "--from": from = number
        default: seed = UInt64(number)
        }
      case "--corpus", "--child", "--progress":
        guard let text = rest.next() else { return nil }
        switch argument {
        case "--corpus": corpus = text
        case "--child": child = text
        default: progress = text
        }
      default:
        guard !argument.hasPrefix("-") else { return nil }
        readers.append(argument)
      }
    }
  }
}
