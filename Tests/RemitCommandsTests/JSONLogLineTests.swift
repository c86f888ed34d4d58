import Logging
import RemitCommands
import RemitWire
import Testing

@Suite("Messages as JSON")
struct JSONLogLineTests {
  private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
    String(
      decoding: JSONLogLine.bytes(time: "2025-06-15T08:00:00.123Z", level: .warning, message: message, metadata),
      as: UTF8.self)
  }

  @Test("Numbers are numbers, names stand in order, and all is one line")
  func members() {
    let metadata: Logger.Metadata = [
      "port": .stringConvertible(7400), "address": "unix:a", "list": ["x", .stringConvertible(-1)], "none": [:],
      "inside": ["time": "t", "b": .array([])],
    ]
    #expect(
      line("listening", metadata)
        == #"{"time":"2025-06-15T08:00:00.123Z","level":"warning","message":"listening","address":"unix:a","inside":{"b":[],"time":"t"},"#
        + #""list":["x",-1],"none":{},"port":7400}"# + "\n")
  }

  @Test("No name is there twice")
  func ownNames() {
    let text = line("m", ["time": "a", "level": "b", "message": "c"])
    #expect(text.hasSuffix(#""message":"m","_level":"b","_message":"c","_time":"a"}"# + "\n"))
  }

  @Test(
    "Whatever a message says, the line is one value of JSON, and says the same",
    arguments: ["\"\\/", "a\nb\r\tc", "\u{0}\u{1}\u{1f}\u{7f}", "\u{2028}\u{202e}", "票据 🧾", "", "}\n{"])
  func texts(text: String) throws {
    let bytes = Array(line(text, ["a\(text)": "\(text)"]).utf8)
    #expect(bytes.last == 10 && bytes.count { $0 == 10 } == 1)
    let view = try JSONView(bytes)
    #expect(view["message"]?.string == text)
    #expect(view["a\(text)"]?.string == text)
  }
}
