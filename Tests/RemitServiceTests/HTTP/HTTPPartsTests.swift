import RemitEngine
import RemitModel
import RemitWire
import Testing

@testable import RemitService

@Suite struct HTTPPartsTests {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (1_749_974_399, "Sun, 15 Jun 2025 07:59:59 GMT"), (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
  ])
  func datesAreWrittenAsHTTPHasThem(second: Int64, text: String) {
    var date = HTTPDate()
    let first = date.text(of: second)
    let again = date.text(of: second)
    #expect(first == text)
    #expect(again == text)
  }

  @Test func aQueryIsRead() throws {
    let query = try BatchQuery("policy=a.b&param.x=1%2B+2&at=2025-06-15&param.y=%22%C3%A9")
    #expect(query.policy == "a.b")
    #expect(query.at == "2025-06-15")
    #expect(String(decoding: query.params, as: UTF8.self) == #"{"x":"1+ 2","y":"\"é"}"#)
    #expect(String(decoding: try BatchQuery("policy=a&&").params, as: UTF8.self) == "{}")
  }

  @Test(arguments: [
    "", "at=x", "policy=a&policy=b", "policy=a&x=1", "policy=a&param.=1", "policy=%", "policy=%1", "policy=%g0",
    "policy=%ff",
  ])
  func aQueryIsRefused(text: Substring) {
    #expect { try BatchQuery(text) } throws: { ($0 as? EngineError)?.code == .invalidParams }
  }

  @Test func everyCodeHasAStatus() {
    for code in ErrorCode.allCases { #expect((400...503).contains(code.httpStatus)) }
  }

  @Test func pathsAreTakenAsTheyAre() {
    #expect(HTTPRoute(path: "/v1/batch?policy=x?y") == .batch)
    #expect(HTTPRoute.query(of: "/v1/batch?policy=x?y") == "policy=x?y")
    #expect(HTTPRoute.query(of: "/v1/batch") == nil)
    for path in ["", "/", "/v1/batch/", "//healthz", "/HEALTHZ", "?/healthz"] { #expect(HTTPRoute(path: path) == nil) }
  }
}
