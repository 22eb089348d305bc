internal import Glibc

extension NetworkConfiguration {
  /// The learning rate after so many epochs, fractions included.
  package func learningRate(afterEpochs epochs: Double) -> Double {
    switch schedule {
    case .constant:
      return learningRate
    case .cosine(let horizon, let final):
      let progress = min(epochs / horizon, 1)
      return learningRate * (final + (1 - final) * 0.5 * (1 + cos(.pi * progress)))
    case .step(let every, let factor):
      return learningRate * pow(factor, (epochs / every).rounded(.down))
    }
  }
}
