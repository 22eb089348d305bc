internal import Glibc

extension CounterGenerator {
  /// A number from the standard normal distribution. Draws two numbers.
  ///
  /// Source: Box and Muller, *A Note on the Generation of Random Normal Deviates*, 1958.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// How long it takes until something happens that happens with `probability` in each unit of time: exponential, so that
  /// it may happen between two units. Draws one number.
  ///
  /// - Precondition: `probability` is above 0 and below 1.
  public mutating func waitingTime(probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a probability above 0 and below 1")
    return log1p(-uniform()) / log1p(-probability)
  }
}
