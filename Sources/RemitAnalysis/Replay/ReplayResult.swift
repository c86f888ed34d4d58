private import Glibc
private import RemitModel
private import RemitWire

/// A decision or an error, where it stands.
@unsafe struct ReplayResult {
  let isError: Bool
  /// An object, with the reader's padding behind it where anything but `isEqual` is asked for.
  let json: UnsafeRawBufferPointer

  init(isError: Bool, json: UnsafeRawBufferPointer) {
    unsafe self.isError = isError
    unsafe self.json = unsafe json
  }

  /// Of `{"decision":{…}}` or `{"error":{…}}`.
  init(element: UnsafeRawBufferPointer) {
    let isError = unsafe element[2] == UInt8(ascii: "e")
    unsafe self.isError = isError
    let start = isError ? #"{"error":"#.utf8.count : #"{"decision":"#.utf8.count
    unsafe json = UnsafeRawBufferPointer(rebasing: element[start..<element.count - 1])
  }

  func isEqual(to other: ReplayResult) -> Bool {
    guard unsafe isError == other.isError, unsafe json.count == other.json.count else { return false }
    guard let start = unsafe json.baseAddress, let otherStart = unsafe other.json.baseAddress else { return false }
    // SAFETY: both have as many bytes.
    return unsafe memcmp(start, otherStart, json.count) == 0
  }

  /// An element in the place of the results of a batch that had been refused, and is not any more.
  static let nothingToCompare: StaticString = #"{"decision":null}"#

  /// The outcome, or `error ` with its code.
  var label: String {
    guard unsafe json[0] == UInt8(ascii: "{") else { return "accepted" }
    return unsafe isError ? "error \(text("code") ?? "?")" : text("outcome") ?? "?"
  }

  /// Whether the clock has ended the decision.
  var isOfTime: Bool { unsafe isError && text("budget") == "time" }

  /// Whether it is an error of a budget.
  var isOfBudget: Bool { unsafe isError && text("code") == ErrorCode.budgetExceeded.rawValue }

  /// Whether it is an error whose message was left out, since it showed a sensitive field.
  var isLeftOut: Bool {
    unsafe isError && String(decoding: json, as: UTF8.self).contains(Self.leftOut)
  }
  private static let leftOut = "the error's message shows a sensitive field, and is left out"

  /// The places in the input that an error is about.
  var paths: [String] {
    var paths: [String] = []
    guard unsafe isError else { return paths }
    func take(_ error: UnsafeRawBufferPointer) {
      unsafe JSONBytes.forEach(error) { name, value in
        if unsafe name.elementsEqual("path".utf8), let path = unsafe JSONBytes.string(value) { paths.append(path) }
        if unsafe name.elementsEqual("errors".utf8) {
          unsafe JSONBytes.forEach(value) { _, error in
            unsafe take(error)
            return true
          }
        }
        return true
      }
    }
    unsafe take(json)
    return paths
  }

  var copy: ReplayDifference.Result { unsafe ReplayDifference.Result(isError: isError, json: Array(json)) }

  func text(_ key: String) -> String? { unsafe member(key).flatMap { unsafe JSONBytes.string($0) } }

  /// As it is written.
  func rawMember(_ key: String) -> [UInt8]? { unsafe member(key).map { unsafe Array($0) } }

  private func member(_ key: String) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    unsafe JSONBytes.forEach(json) { name, value in
      guard unsafe name.elementsEqual(key.utf8) else { return true }
      unsafe found = unsafe value
      return false
    }
    return unsafe found
  }
}
