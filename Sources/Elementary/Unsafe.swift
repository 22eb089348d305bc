extension SIMD8<Float> {
  /// The eight bit patterns.
  @inlinable @inline(__always)
  package var bitPatterns: SIMD8<UInt32> { unsafe unsafeBitCast(self, to: SIMD8<UInt32>.self) }

  @inlinable @inline(__always)
  package init(bitPatterns: SIMD8<UInt32>) { self = unsafe unsafeBitCast(bitPatterns, to: SIMD8<Float>.self) }
}

extension SIMD4<Double> {
  /// The four bit patterns.
  @inlinable @inline(__always)
  package var bitPatterns: SIMD4<UInt64> { unsafe unsafeBitCast(self, to: SIMD4<UInt64>.self) }

  @inlinable @inline(__always)
  package init(bitPatterns: SIMD4<UInt64>) { self = unsafe unsafeBitCast(bitPatterns, to: SIMD4<Double>.self) }
}
