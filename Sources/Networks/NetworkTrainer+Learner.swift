public import Tables

extension NetworkTrainer: Learner {
  public static func material(of data: DataSet) -> DataSet { data }

  public func isBeyond(_ resource: Int, _ unit: ResourceUnit) -> Bool { step > target(resource, unit) }

  /// Trains on, an epoch at a time.
  public func advance(to resource: Int, _ unit: ResourceUnit, while isWanted: () -> Bool) -> Bool {
    let target = target(resource, unit)
    while step < target, !hasDiverged {
      guard isWanted() else { return false }
      train(toStep: min(target, (step / stepsPerEpoch + 1) * stepsPerEpoch))
    }
    return true
  }

  /// The step at which so much resource has been spent.
  private func target(_ resource: Int, _ unit: ResourceUnit) -> Int {
    unit == .records ? step(atRecords: resource) : step(atEpochs: resource)
  }

  public func evaluate(_ part: DataSet.PartName) -> Evaluation { evaluate(data[part]) }
}
