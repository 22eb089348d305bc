extension CounterGenerator.Purpose {
  /// Drawing configuration *i* of a study.
  public static let configuration = Self(rawValue: 1)
  /// The seed of trial *i*'s training.
  public static let training = Self(rawValue: 2)
  /// Dividing a data set into training, validation and test part.
  public static let dataSplit = Self(rawValue: 3)
  /// A model's first weights.
  public static let initialWeights = Self(rawValue: 4)
  /// The order of the training records in epoch *i*.
  public static let shuffle = Self(rawValue: 5)
  /// Dropout masks.
  public static let dropout = Self(rawValue: 6)
  /// The synthetic trainer's loss surface and noise.
  public static let synthetic = Self(rawValue: 7)
  /// Scrambling a quasi-random sequence.
  public static let scrambling = Self(rawValue: 8)
  /// What goes wrong on purpose in a synthetic study.
  public static let syntheticFaults = Self(rawValue: 9)
  /// What boosting round *i* samples.
  public static let treeSampling = Self(rawValue: 10)
  /// What configuration *i* of those that a study begins with leaves open.
  public static let startWith = Self(rawValue: 11)
  /// Whether suggestion *i* of a sampler with a model is random, and what is drawn for it.
  public static let modelSampling = Self(rawValue: 12)
  /// What a Gaussian process' fit begins with, and where its acquisition function is searched.
  public static let gaussianProcess = Self(rawValue: 13)
  /// In a simulated cluster: how much longer than it should a job takes.
  public static let stragglers = Self(rawValue: 20)
  /// In a simulated cluster: when a job is dropped.
  public static let drops = Self(rawValue: 21)
  /// In a simulated cluster: when worker *i* is lost.
  public static let workerLoss = Self(rawValue: 22)
}
