extension LogLine {
  /// The same line in a copy of its bytes.
  ///
  /// - Parameter bytes: What `bytes` of a line were, with padding behind them.
  package init(copy bytes: UnsafeRawBufferPointer, at place: Place) {
    guard let frame = unsafe LineFrame.read(bytes), let line = unsafe LogLine(bytes, frame, place) else {
      preconditionFailure("a line that was read can be read again")
    }
    unsafe self = unsafe line
  }
}
