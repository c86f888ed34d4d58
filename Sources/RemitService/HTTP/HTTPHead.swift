internal import NIOHTTP1
private import RemitModel

/// What the head of a request must keep to, beside what makes it HTTP.
enum HTTPHead {
  /// Of the target, and of names and values of fields together with it.
  static let bytesMax = 32 << 10
  static let fieldsMax = 100

  /// Why the request is not answered, and the connection ends; nil where nothing is wrong.
  static func refusal(of head: HTTPRequestHead) -> HTTPAnswer? {
    guard head.uri.utf8.count <= bytesMax else {
      return HTTPAnswer(.lineTooLong, "the target is longer than \(bytesMax) bytes", status: 414)
    }
    guard head.headers.count <= fieldsMax else {
      return HTTPAnswer(.lineTooLong, "the head has \(head.headers.count) fields, more than \(fieldsMax)", status: 431)
    }
    let bytes = head.headers.reduce(head.uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    guard bytes <= bytesMax else {
      return HTTPAnswer(.lineTooLong, "the head has \(bytes) bytes, more than \(bytesMax)", status: 431)
    }
    let hosts = head.headers["host"].count
    guard hosts == 1 || (head.version.minor == 0 && hosts == 0) else {
      return HTTPAnswer(.parseError, "expected one Host header, got \(hosts)")
    }
    // What is left of other codings once the chunks are put together would be taken for the body.
    let codings = head.headers["transfer-encoding"].joined(separator: ", ")
    guard !codings.isEmpty, codings.lowercased() != "chunked" else { return nil }
    let shown = codings.count > 64 ? codings.prefix(64) + "…" : codings[...]
    let message = "Transfer-Encoding: expected chunked, got \(shown)"
    // Without chunks at the end nobody knows where the request ends.
    let names = codings.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
    guard names.last == "chunked" else { return HTTPAnswer(.parseError, message) }
    return HTTPAnswer(.invalidParams, message, status: 415)
  }

  /// What the parser says is wrong.
  static func refusal(of error: HTTPParserError) -> HTTPAnswer {
    guard case .headerOverflow = error else { return HTTPAnswer(.parseError, "the request is no valid HTTP/1.1") }
    return HTTPAnswer(
      .lineTooLong, "the head is too long: it may have \(bytesMax) bytes and \(fieldsMax) fields", status: 431)
  }
}
