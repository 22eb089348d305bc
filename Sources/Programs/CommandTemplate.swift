internal import Training
internal import TuningTypes

/// The arguments of a command, with placeholders for what differs from job to job: `--lr={learning_rate}`.
///
/// A placeholder is a name in braces; any other brace stands for itself, and `{{name}}` for `{name}`. `{name?--option}` is the text
/// behind the question mark where the value is `true`, and nothing where it is `false`.
package struct CommandTemplate: Sendable {
  private enum Part: Sendable {
    case text(String)
    case placeholder(String)
    case flag(String, text: String)
  }

  private let arguments: [[Part]]

  package init(_ arguments: [String]) { self.arguments = arguments.map(Self.parse) }

  /// The names of all placeholders, in order.
  package var placeholders: [String] {
    arguments.joined().compactMap { part in
      switch part {
      case .text: nil
      case .placeholder(let name), .flag(let name, _): name
      }
    }
  }

  /// Whether the program is one that starts a process for each rank by itself: it is told how many, or on which hosts.
  var startsItsRanks: Bool { JobValue.ofRanks.contains { placeholders.contains($0.rawValue) } }

  /// The names of the placeholders that stand for a text or for nothing, in order.
  package var flags: [String] {
    arguments.joined().compactMap { if case .flag(let name, _) = $0 { name } else { nil } }
  }

  /// The arguments as the study has them; nil for each that has a placeholder.
  var literals: [String?] {
    arguments.map { parts in
      if parts.count == 1, case .text(let text) = parts[0] { text } else { nil }
    }
  }

  /// The arguments with the placeholders filled in, each still one argument whatever the value holds.
  ///
  /// Where a placeholder has no value, as for a hyperparameter whose condition does not hold, its argument is left out. So
  /// is the option before it, where the argument is the placeholder alone: `--momentum {momentum}`. An argument that is nothing
  /// but flags which are `false` is left out as well.
  package func arguments(_ value: (String) -> String?) -> [String] {
    var filled: [String] = []
    for (index, parts) in arguments.enumerated() {
      var text: String? = ""
      var isAllFlags = true
      for part in parts {
        switch part {
        case .text(let literal): text?.append(literal)
        case .placeholder(let name): text = value(name).flatMap { value in text.map { $0 + value } }
        case .flag(let name, let option): if value(name) == "true" { text?.append(option) }
        }
        if case .flag = part {} else { isAllFlags = false }
      }
      if isAllFlags, text?.isEmpty == true { continue }
      if let text {
        filled.append(text)
      } else if parts.count == 1, index > 0, Self.isOption(arguments[index - 1]) {
        filled.removeLast()
      }
    }
    return filled
  }

  private static func isOption(_ parts: [Part]) -> Bool {
    guard parts.count == 1, case .text(let text) = parts[0] else { return false }
    return text.hasPrefix("-") && !text.contains("=")
  }

  private static func parse(_ argument: String) -> [Part] {
    var parts: [Part] = []
    var literal = ""
    var rest = argument[...]
    while let brace = rest.firstIndex(of: "{") {
      literal += rest[..<brace]
      let name = rest[rest.index(after: brace)...].prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
      let isQuoted = literal.last == "{" && rest[name.endIndex...].hasPrefix("}}")
      if isQuoted {
        literal += "\(name)}"
        rest = rest[rest.index(name.endIndex, offsetBy: 2)...]
      } else if let first = name.first, first.isLetter || first == "_", rest[name.endIndex...].hasPrefix("}") {
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = ""
        parts.append(.placeholder(String(name)))
        rest = rest[rest.index(after: name.endIndex)...]
      } else if let first = name.first, first.isLetter || first == "_", rest[name.endIndex...].hasPrefix("?"),
        let end = rest[name.endIndex...].firstIndex(of: "}")
      {
        if !literal.isEmpty { parts.append(.text(literal)) }
        literal = ""
        parts.append(.flag(String(name), text: String(rest[rest.index(after: name.endIndex)..<end])))
        rest = rest[rest.index(after: end)...]
      } else {
        literal += "{"
        rest = rest[rest.index(after: brace)...]
      }
    }
    literal += rest
    if !literal.isEmpty || parts.isEmpty { parts.append(.text(literal)) }
    return parts
  }
}

/// The values of one job that a command's placeholders may name, besides its hyperparameters.
enum JobValue: String, CaseIterable, Sendable {
  case trial, rung, bracket, job, resource
  case resumeResource = "resume_resource"
  case checkpoint, seed, worker
  case localWorker = "local_worker"
  case ranks, hosts
  case hostSlots = "host_slots"

  /// The same for all jobs of a worker.
  static let ofWorker: [JobValue] = [.worker, .localWorker] + ofRanks
  /// What a program needs that starts a process for each of its worker's ranks by itself, such as `mpirun`.
  static let ofRanks: [JobValue] = [.ranks, .hosts, .hostSlots]
}

/// One job as a program is told about it.
struct CommandJob {
  let job: Job
  /// What the checkpoint's folder holds; 0 where it holds nothing.
  let resumeResource: Resource
  let checkpoint: String
  let worker: WorkerID
  let localWorker: Int
  let rank: WorkerRank

  var seed: UInt64 { job.programSeed }

  func text(_ value: JobValue) -> String {
    switch value {
    case .trial: "\(job.trial)"
    case .rung: "\(job.rung)"
    case .bracket: "\(job.bracket)"
    case .job: "\(job.id)"
    case .resource: "\(job.resource)"
    case .resumeResource: "\(resumeResource)"
    case .checkpoint: checkpoint
    case .seed: "\(seed)"
    case .worker: "\(worker)"
    case .localWorker: "\(localWorker)"
    case .ranks, .hosts, .hostSlots: Self.text(value, of: rank)
    }
  }

  /// What a worker's ranks are, as launchers are told it: `srun -w HOSTS`, `mpirun --host HOST_SLOTS`.
  static func text(_ value: JobValue, of rank: WorkerRank) -> String {
    switch value {
    case .hosts: rank.slots.map(\.host).joined(separator: ",")
    case .hostSlots: rank.slots.map { "\($0.host):\($0.count)" }.joined(separator: ",")
    default: "\(rank.count)"
    }
  }

  /// A placeholder's value. A hyperparameter comes before a value of the job that has the same name.
  func value(ofPlaceholder name: String) -> String? {
    job.configuration[name]?.argument ?? JobValue(rawValue: name).map(text)
  }

  /// The line that a serving program is sent, with its end.
  var request: [UInt8] { job.request(resumeResource: resumeResource, checkpoint: checkpoint) }
}

extension ParameterValue {
  /// The value as an argument of a program.
  ///
  /// A number is written without an exponent, in decimals that give the same number: Python's argparse takes `-1.4e-05` for an
  /// option (cpython#105712), and some programs read no exponent at all. Beyond 40 zeros the exponent stays.
  package var argument: String {
    guard case .real(let number) = self, number.isFinite else { return description }
    let text = String(number)
    guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]),
      abs(exponent) <= 40
    else { return text }
    let sign = number < 0 ? "-" : ""
    let mantissa = text[..<mark].drop { $0 == "-" }.split(separator: ".")
    let whole = String(mantissa.first ?? "")
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
    let digits = whole + fraction
    // Where the point goes among the digits.
    let point = whole.count + exponent
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }
}
