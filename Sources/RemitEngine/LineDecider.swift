package import RemitModel
package import RemitWire

/// Decides lines, one at a time, on one thread.
package protocol LineDecider: AnyObject {
  /// Decides one input and appends one result line, with its newline, to `output`.
  ///
  /// - Parameters:
  ///   - input: One JSON object, with `ByteBlock.padding` readable bytes behind it.
  ///   - line: Its number, from 1.
  /// - Returns: The number of the outcome; nil where the line holds an error.
  func decide(_ input: UnsafeRawBufferPointer, line: UInt64, into output: inout ByteWriter) -> Int?

  /// What stands in each result line between the id and the decision: `,"policy":"…","version":"…"`.
  var label: [UInt8] { get }

  /// A line was longer than it may be and never came here: for who counts.
  func metLongLine()
}

extension LineDecider {
  package func metLongLine() {}

  /// Appends the result line of an input that never came to the machine.
  ///
  /// - Parameter hasID: False where the line's id is `null`: it was not read.
  package func appendError(
    _ code: ErrorCode, _ message: String, line: UInt64, hasID: Bool, into output: inout ByteWriter
  ) {
    let number = Int(clamping: line)
    output.append("{\"id\":")
    if hasID { output.append(number) } else { output.append("null") }
    output.append(",\"line\":")
    output.append(number)
    output.append(label.span)
    output.append(",\"error\":{\"code\":")
    output.appendJSONString(code.rawValue)
    output.append(",\"message\":")
    output.appendJSONString(message)
    output.append("}}\n")
  }
}
