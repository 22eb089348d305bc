internal import CZlib

/// The bytes packed with DEFLATE (RFC 1951), which browsers unpack by `DecompressionStream("deflate-raw")`; nil where there is no memory.
func packed(_ bytes: [UInt8]) -> [UInt8]? {
  var stream = unsafe z_stream()
  // Negative: no header and no checksum around it.
  guard
    unsafe deflateInit2_(
      &stream, 3, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { return nil }
  defer { unsafe deflateEnd(&stream) }
  let most = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
  var input = bytes
  var isWhole = false
  let output = unsafe [UInt8](unsafeUninitializedCapacity: most) { target, count in
    unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe stream.next_in = source.baseAddress
      unsafe stream.avail_in = UInt32(clamping: source.count)
      unsafe stream.next_out = target.baseAddress
      unsafe stream.avail_out = UInt32(clamping: most)
      isWhole = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
    }
    count = unsafe most - Int(stream.avail_out)
  }
  return isWhole ? output : nil
}
