package import RemitWire

/// What a result line of a batch has to say.
package enum ResultLine {
  /// Hands out the decision or the error of a line, with the key that it stands under.
  ///
  /// - Parameter line: With the reader's padding behind it.
  package static func forResult(
    in line: UnsafeRawBufferPointer, _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    unsafe JSONBytes.forEach(line) { key, value in
      let isResult = unsafe key.elementsEqual("decision".utf8) || key.elementsEqual("error".utf8)
      if isResult { unsafe body(key, value) }
      return !isResult
    }
  }
}

extension ByteWriter {
  /// Appends the result of a line as an element among results: `{"decision":…}` or `{"error":…}`.
  ///
  /// - Parameter line: With the reader's padding behind it.
  package mutating func appendElement(ofResultLine line: UnsafeRawBufferPointer) {
    unsafe ResultLine.forResult(in: line) { key, value in
      append("{\"")
      unsafe append(key)
      append("\":")
      unsafe append(value)
      append("}")
    }
  }
}
