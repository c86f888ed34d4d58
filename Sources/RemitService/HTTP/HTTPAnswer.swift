internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// A whole answer: what is not a stream.
struct HTTPAnswer {
  var status: Int
  var contentType = "application/json"
  var body: [UInt8]
  /// Of an error that nobody has counted yet.
  private(set) var code: ErrorCode?
  /// The policy that the error is counted for, where one was asked that there is.
  var policy: LoadedPolicy?
  var others: [(HTTPField.Name, String)] = []

  init(status: Int, body: [UInt8]) {
    self.status = status
    self.body = body
  }

  /// `{"error":{"code":…,"message":…}}`, with the status that the code has or another one.
  init(_ code: ErrorCode, _ message: String, status: Int? = nil) {
    var output = ByteWriter()
    output.appendRPCElement(code, message)
    self.init(status: status ?? code.httpStatus, body: output.bytes)
    self.code = code
    if self.status == 503 { others.append((.retryAfter, "1")) }
  }

  /// - Parameters:
  ///   - date: As a header has it.
  ///   - isLast: Whether the connection ends with it.
  func head(date: String, isLast: Bool = false) -> HTTPResponse {
    var fields = HTTPFields()
    fields[.date] = date
    fields[.contentType] = contentType
    fields[.contentLength] = "\(body.count)"
    for (name, value) in others { fields[name] = value }
    if isLast { fields[.connection] = "close" }
    return HTTPResponse(status: .init(code: status), headerFields: fields)
  }

  /// The same for who writes to a connection by himself: always its last answer.
  func lastHead(date: String) -> HTTPResponseHead {
    let fields = head(date: date, isLast: true).headerFields
    return HTTPResponseHead(
      version: .http1_1, status: .init(statusCode: status),
      headers: HTTPHeaders(fields.map { ($0.name.rawName, $0.value) }))
  }
}

extension ErrorCode {
  /// The status of an answer that has this code. A policy that fails is no failure of the service: the next request may well be decided,
  /// and who takes a service out of use for its 5xx must not be led to do so by one input.
  var httpStatus: Int {
    switch self {
    case .parseError, .invalidParams: 400
    case .unauthorized: 401
    case .unknownPolicy: 404
    case .lineTooLong: 413
    case .invalidInput, .policyError, .budgetExceeded: 422
    case .internalError: 500
    case .overloaded: 503
    }
  }
}

/// The time as HTTP writes it: `Sun, 15 Jun 2025 08:00:00 GMT`.
struct HTTPDate {
  private var second: Int64 = -1
  private var text = ""

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// - Parameter second: Since 1970 in UTC.
  mutating func text(of second: Int64) -> String {
    guard second != self.second else { return text }
    self.second = second
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = Int(second / 86_400)
    let rest = Int(second % 86_400)
    // Years are counted from March on, so that the day of a leap year is their last; 400 of them have 146,097 days.
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let monthOfYear = month < 10 ? month + 2 : month - 10
    let year = yearOfEra + era * 400 + (monthOfYear >= 2 ? 0 : 1)
    let date = "\(two(dayOfYear - (153 * month + 2) / 5 + 1)) \(Self.months[monthOfYear]) \(year)"
    text = "\(Self.days[day % 7]), \(date) \(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    return text
  }
}
