internal import RemitLog
internal import RemitWire

extension LogLine {
  /// The name that was asked for; nil where it was no text.
  var policyName: String? { unsafe JSONBytes.string(policy) }

  /// The input's own id where it has a scalar one, else the request's, as written.
  var shownID: UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    if let input = unsafe input, unsafe input[0] == UInt8(ascii: "{") {
      unsafe JSONBytes.forEach(input) { key, value in
        guard unsafe key.elementsEqual("id".utf8) else { return true }
        let first = unsafe value[0]
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "-") || isDigit { unsafe found = unsafe value }
        return false
      }
    }
    return unsafe found ?? id
  }

  var isError: Bool {
    switch unsafe result {
    case .decision: false
    case .error: true
    }
  }

  /// The decision, or the error: an object.
  var resultBytes: UnsafeRawBufferPointer {
    switch unsafe result {
    case .decision(let object), .error(let object): unsafe object
    }
  }
}
