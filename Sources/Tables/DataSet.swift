public import Files

/// A table of data made ready for learning: features, labels or targets, divided into training, validation and test part.
///
/// All numbers lie in one contiguous block of memory, which several processes can share: ``memory`` on one side,
/// ``init(memory:)`` on the other.
public struct DataSet: Sendable {
  /// The rows of one part.
  public struct Part: Sendable {
    public let features: FeatureMatrix
    /// Where the labels (Int32, classification) or the standardised targets (Float, regression) begin.
    @usableFromInline let targetOffset: Int

    /// How many rows there are.
    public var count: Int { features.count }

    /// The rows' classes, as places in the class names. For classification only.
    public var labels: [Int32] {
      features.memory.withSpan(of: Int32.self, offset: targetOffset, count: count) { span in
        span.indices.map { span[$0] }
      }
    }

    /// The rows' targets, standardised: (y − mean) / standard deviation of the training part. For regression only.
    public var targets: [Float] {
      features.memory.withSpan(of: Float.self, offset: targetOffset, count: count) { span in
        span.indices.map { span[$0] }
      }
    }

    @inlinable @inline(__always)
    package func withLabels<Result>(_ body: (Span<Int32>) -> Result) -> Result {
      features.memory.withSpan(of: Int32.self, offset: targetOffset, count: count, body)
    }

    @inlinable @inline(__always)
    package func withTargets<Result>(_ body: (Span<Float>) -> Result) -> Result {
      features.memory.withSpan(of: Float.self, offset: targetOffset, count: count, body)
    }
  }

  public let train: Part
  public let validation: Part
  public let test: Part
  /// How the table's rows became numbers.
  public let preprocessing: Preprocessing
  /// Everything, in the form that ``init(memory:)`` reads.
  public let memory: SharedBytes

  public var featureCount: Int { preprocessing.featureCount }

  /// The number of classes, or 1 for a regression.
  public var outputCount: Int { preprocessing.outputCount }

  public var isClassification: Bool { preprocessing.isClassification }

  init(train: Part, validation: Part, test: Part, preprocessing: Preprocessing, memory: SharedBytes) {
    self.train = train
    self.validation = validation
    self.test = test
    self.preprocessing = preprocessing
    self.memory = memory
  }
}
