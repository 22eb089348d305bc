internal import Glibc

extension StatusReport {
  static func logarithm(_ value: Double) -> Double { log(value) }
}
