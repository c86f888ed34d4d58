import CRemitJSON

/// Bytes that stay where they are for as long as the block lives, with the padding behind them that the JSON reader
/// asks for.
///
/// What the machine is handed while it loads is such a block: the machine keeps pointers into it.
@safe package final class ByteBlock: @unchecked Sendable {
  // SAFETY: written by `init` alone, and freed by `deinit`; nothing writes to it in between, so any thread may read.
  private let base: UnsafeMutablePointer<UInt8>
  package let count: Int

  /// Room behind every text that the machine reads.
  package static let padding = Int(REMIT_JSON_PADDING)

  /// - Parameter fill: Writes at most `capacity` bytes and returns how many it wrote.
  @unsafe package init<E: Error>(capacity: Int, fill: (UnsafeMutableBufferPointer<UInt8>) throws(E) -> Int) throws(E) {
    precondition(capacity >= 0, "a block has no negative size")
    let base = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Self.padding)
    // SAFETY: `base` has room for `capacity` bytes and the padding; `fill` gets the former, and the rest is cleared.
    unsafe self.base = base
    do throws(E) {
      count = try unsafe fill(UnsafeMutableBufferPointer(start: base, count: capacity))
    } catch {
      unsafe base.deallocate()
      throw error
    }
    precondition(count <= capacity, "a block was filled past its end")
    unsafe (base + count).update(repeating: 0, count: capacity - count + Self.padding)
  }

  package convenience init(_ bytes: some Collection<UInt8>) {
    unsafe self.init(capacity: bytes.count) { target in
      // SAFETY: `initialize` writes inside the buffer that it is called on.
      let (_, end) = unsafe target.initialize(from: bytes)
      return end
    }
  }

  deinit {
    // SAFETY: allocated by `init`, once.
    unsafe base.deallocate()
  }

  /// The bytes, without the padding behind them; valid as long as the block lives.
  @unsafe package var bytes: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: base, count: count) }

  package func array() -> [UInt8] { unsafe Array(bytes) }

  // SAFETY: whoever keeps the slice keeps the block.
  var slice: remit_slice { unsafe remit_slice(bytes: base, length: count) }
}
