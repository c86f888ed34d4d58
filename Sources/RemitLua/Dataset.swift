private import CRemitLua

/// The typed rows of a data file, outside of any machine: made once, then read by any number of machines on any threads.
@safe package final class Dataset: @unchecked Sendable {
  // SAFETY: immutable but for its indexes, which are made under a lock of its own; freed by `deinit`, once. A machine that
  // reads it keeps it alive.
  let pointer: OpaquePointer

  fileprivate init(_ pointer: OpaquePointer) {
    unsafe self.pointer = pointer
  }

  deinit {
    unsafe remit_dataset_free(pointer)
  }

  package var rows: Int { unsafe remit_dataset_rows(pointer) }
  /// What it holds in memory, without its indexes.
  package var byteCount: Int { unsafe remit_dataset_bytes(pointer) }
  /// What the indexes hold that have been made so far.
  package var indexByteCount: Int { unsafe remit_dataset_index_bytes(pointer) }
}

/// Takes a data file's records, and makes the dataset of them that a machine asks for. Of no use once it has its answer.
@safe package final class DatasetBuilder {
  // SAFETY: the machine's own, and valid while it asks; `end` is called before it may be freed.
  private var pointer: OpaquePointer?

  init(_ pointer: OpaquePointer) {
    unsafe self.pointer = pointer
  }

  /// The machine has its answer.
  func end() { unsafe pointer = nil }

  /// What was declared, as bytes: the same file under equal bytes gives the same dataset.
  package var declaration: [UInt8] {
    // SAFETY: copied at once.
    let slice = unsafe remit_dataset_builder_declaration(open)
    return unsafe Array(UnsafeBufferPointer(start: slice.bytes, count: slice.length))
  }

  /// Takes the next record, the header first.
  ///
  /// - Parameters:
  ///   - number: Its row in the file, from 1.
  ///   - bytes: Its fields one behind the other, UTF-8.
  ///   - ends: Where each field ends.
  /// - Returns: False where it is refused: the machine then says why.
  package func add(number: Int, bytes: Span<UInt8>, ends: Span<Int>) -> Bool {
    // SAFETY: both are read during the call only; an empty buffer may have no address, and then nothing is read.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe ends.withUnsafeBufferPointer { ends in
        unsafe remit_dataset_builder_add(open, Int64(number), bytes.baseAddress, ends.baseAddress, ends.count)
      }
    }
  }

  /// Behind the last record; nil where the file is refused.
  package func finish() -> Dataset? {
    guard let made = unsafe remit_dataset_builder_finish(open) else { return nil }
    return unsafe Dataset(made)
  }

  private var open: OpaquePointer {
    guard let pointer = unsafe pointer else {
      preconditionFailure("a builder is used after the machine had its answer")
    }
    return unsafe pointer
  }
}
