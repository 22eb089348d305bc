/// Which GPUs the programs of a worker see: the workers of a node share its GPUs in turn, so many each.
package struct GPUAssignment: Hashable, Sendable {
  private static let cudaVariable = "CUDA_VISIBLE_DEVICES"

  /// By these a launcher chooses devices of other makers, or for other runtimes: AMD's ROCm and HIP, OpenCL, Intel's Level
  /// Zero.
  private static let othersVariables = [
    "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK",
  ]

  /// All variables by which devices are chosen: where a study sets one of them, nothing is dealt.
  static let variables = [cudaVariable] + othersVariables

  /// By which a program is told of its devices.
  package private(set) var variable = cudaVariable
  /// The devices to choose from; empty leaves everything as it is.
  package let devices: [String]
  /// How many a worker gets; nil: one for each of its ranks.
  private let share: Int?
  /// What the launcher lets all programs see, where nothing is dealt out of it.
  private let seenByAll: [String]
  /// Why a worker can't have as many as the study wants; nil where it can.
  package private(set) var problem: String?

  /// - Parameters:
  ///   - environment: what the launcher says of this node. Where it has chosen the devices itself, that stands; unless it
  ///     chose several and the study gives their number as well, or that of a worker, which asks for them to be dealt out.
  ///   - gpusPerNode: what the study says.
  ///   - gpus: how many the study wants for each worker, on each of its nodes; nil: one for each rank, where there is any.
  ///   - ranks: how many ranks a worker has.
  package init(environment: ProgramEnvironment, gpusPerNode: Int?, gpus: Int? = nil, ranks: Int = 1) {
    share = gpus
    if let name = Self.variables.first(where: { environment[$0] != nil }), let chosen = environment[name] {
      variable = name
      let list = chosen.split(separator: ",").map { String($0.trimming) }.filter { !Self.isNoDevice($0) }
      let isAsked = gpus != nil || ranks > 1 || gpusPerNode != nil && name == Self.cudaVariable
      devices = isAsked && list.count > gpus ?? ranks ? list : []
      seenByAll = isAsked && list.count > gpus ?? ranks ? [] : list
      if let gpus, list.count < gpus { problem = "\(name) names \(list.count)" }
      return
    }
    seenByAll = []
    let listed = ["SLURM_STEP_GPUS", "SLURM_JOB_GPUS"].compactMap { environment[$0] }.first
    let count =
      gpusPerNode ?? environment["SLURM_GPUS_ON_NODE"].flatMap { Int($0.trimming) }
      // Their numbers are those of the whole node; inside a job's control group CUDA counts from 0.
      ?? listed.map(Self.count(listed:))
      ?? environment["SLURM_GPUS_PER_NODE"].map(Self.count(requested:))
    devices = (0..<max(0, min(count ?? 0, 1024))).map(String.init)
    if let gpus, devices.count < gpus {
      problem = count == nil ? "nothing says how many the node has" : "the node has \(devices.count)"
    }
  }

  /// What batch systems and people write where there is no device.
  private static func isNoDevice(_ name: String) -> Bool {
    name.hasPrefix("-") || ["nodevfiles", "none", "void"].contains(name.lowercased())
  }

  /// The devices of a worker, with commas between.
  ///
  /// - Parameter ranks: how many of its ranks are on this node.
  package func devices(ofLocalWorker worker: Int, ranks: Int = 1) -> String? {
    guard !devices.isEmpty else { return nil }
    let share = share ?? min(ranks, devices.count)
    return (0..<share).map { devices[(worker * share + $0) % devices.count] }.joined(separator: ",")
  }

  /// What a person should know where workers of a node use the same devices without having been asked to; nil where they don't.
  ///
  /// - Parameters:
  ///   - workers: how many the node has.
  ///   - ranks: how many of its ranks a worker has there.
  package func warning(workers: Int, ranks: Int = 1) -> String? {
    if ranks > 1, !seenByAll.isEmpty, seenByAll.count < ranks {
      return
        "\(variable) shows each rank \(seenByAll.count == 1 ? "one GPU" : "\(seenByAll.count) GPUs") of its own, which its program knows by "
        + "number 0, and not by LOCAL_RANK. For GPUs that a worker's ranks see alike, start without --gpus-per-task"
    }
    guard workers > 1 else { return nil }
    if ranks == 1, seenByAll.count > 1, share == nil {
      return
        "all \(workers) workers of a node see the same \(seenByAll.count) GPUs (\(variable)), and many programs take the first: "
        + "worker: {gpus: 1} deals them out"
    }
    let share = share ?? min(ranks, devices.count)
    guard !devices.isEmpty, workers * share > devices.count else { return nil }
    return
      "\(workers) workers of a node share \(devices.count == 1 ? "one GPU" : "\(devices.count) GPUs"): start fewer ranks on it, unless "
      + "several trials fit on a GPU"
  }

  /// How many devices a list such as `0,2-5` has.
  private static func count(listed list: String) -> Int {
    list.split(separator: ",").reduce(0) { count, part in
      let ends = part.split(separator: "-").map { Int($0.trimming) }
      guard ends.count == 2, let first = ends[0], let last = ends[1], last >= first, last - first < 1024 else {
        return count + 1
      }
      return count + last - first + 1
    }
  }

  /// How many devices a request such as `4`, `a100:4` or `a100:2,v100:2` asks for.
  private static func count(requested request: String) -> Int {
    request.split(separator: ",").reduce(0) { count, part in
      // Beside its type a part may have a form of its own: `a100:4(S:0-1)`.
      let number = part.split(separator: ":", maxSplits: 1).last?.trimming.prefix(while: \.isNumber) ?? ""
      return count + (Int(number) ?? 0)
    }
  }
}

extension StringProtocol {
  /// Without blanks around it.
  fileprivate var trimming: SubSequence {
    let start = drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else {
      return start[start.startIndex..<start.startIndex]
    }
    return start[...last]
  }
}
