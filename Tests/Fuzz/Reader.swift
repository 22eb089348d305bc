internal import Foundation
internal import Randomness
internal import TestSupport

/// One of the program's readers, and what to feed it.
struct Reader: Sendable {
  let name: String
  /// Inputs that can't lie in the repository as files: they are made by the program itself.
  var examples: @Sendable () -> [[UInt8]] = { [] }
  /// Words of the format.
  var words: [String] = []
  /// Makes a checksum right again, so that what lies behind it is read.
  var sealed: (@Sendable ([UInt8]) -> [UInt8])?
  /// Makes what reads one input: it returns, or throws what the program has an exit code for. It may use a folder.
  let start: @Sendable (String) throws -> ([UInt8]) throws -> Void

  static let all = [study, table, curves, journal, checkpoint, model, wire, trainerOutput, tell]

  /// The inputs that are mutated: the files of the corpus in the order of their names, and the examples.
  func corpus(in folder: String) -> [[UInt8]] {
    let folder = "\(folder)/\(name)"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return names.compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)").map { [UInt8]($0) } } + examples()
  }

  /// The input of a number: a function of the reader, the seed, the number and the corpus.
  func input(_ seed: UInt64, _ index: Int, corpus: [[UInt8]]) -> [UInt8] {
    guard !corpus.isEmpty else { return [] }
    // As it stands, each once: that the corpus itself is read is worth knowing.
    if index < corpus.count { return corpus[index] }
    var random = CounterGenerator(seed: seed, purpose: .synthetic, index: UInt64(index))
    let base = random.pick(corpus)
    let isSealed = random.chance(0.8)
    var mutation = Mutation(words: words.map { Array($0.utf8) }, random: random)
    let bytes = mutation.apply(to: base, corpus: corpus)
    if let sealed, isSealed { return sealed(bytes) }
    return bytes
  }
}
