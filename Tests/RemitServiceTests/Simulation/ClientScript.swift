import Foundation
import RemitTestKit

/// What one client sends, and what it is owed for each line.
struct ClientScript {
  struct Owed {
    enum Reply {
      case none
      /// The error's number or its code, and the id as a text; `null` where there is none.
      case error(String, id: String)
      case decision(id: Int)
      case decisions(id: Int, count: Int)
      /// An array of requests: ids of those that are answered.
      case array([Int])
      case health(id: Int)
    }

    let reply: Reply
    /// How much of the stream must have come before it is answered, and before it must be.
    let earliest: Int
    let latest: Int
  }

  private(set) var bytes: [UInt8] = []
  private(set) var owed: [Owed] = []
  private let lineBytesMax: Int
  private let wideBytes: Int
  private var number: Int

  /// - Parameter wideBytes: So long are long answers.
  init(_ first: Int, lines: Int, lineBytesMax: Int, wideBytes: Int, _ random: inout SeededGenerator) {
    number = first
    self.lineBytesMax = lineBytesMax
    self.wideBytes = wideBytes
    for _ in 0..<lines { addLine(&random) }
    if Bool.random(using: &random) {
      // The last line ends with the input.
      add(decide(), .decision(id: number), end: "")
    }
  }

  private mutating func addLine(_ random: inout SeededGenerator) {
    let end = Int.random(in: 0..<4, using: &random) == 0 ? "\r\n" : "\n"
    number += 1
    switch Int.random(in: 0..<26, using: &random) {
    case 0: add("", .none, end: end)
    case 1: add(" \t ", .none, end: end)
    case 2: add(decide(isNotification: true), .none, end: end)
    case 3: add("{\"a\":tru}", .error("-32700", id: "null"), end: end)
    case 4: add("{\"jsonrpc\":\"2.0\",\"id\":\(number)}", .error("-32600", id: "\(number)"), end: end)
    case 5: add("[]", .error("-32600", id: "null"), end: end)
    case 6, 7:
      let count = Int.random(in: 0...4, using: &random)
      let inputs = (0..<count).map { "{\"n\":\($0)}" }.joined(separator: ",")
      add(request("decide_batch", "\"inputs\":[\(inputs)]"), .decisions(id: number, count: count), end: end)
    case 8, 9:
      var requests: [String] = []
      var ids: [Int] = []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let isNotification = Int.random(in: 0..<3, using: &random) == 0
        requests.append(decide(isNotification: isNotification))
        if !isNotification { ids.append(number) }
        number += 1
      }
      add("[\(requests.joined(separator: ","))]", ids.isEmpty ? .none : .array(ids), end: end)
    case 10: add("{\"jsonrpc\":\"2.0\",\"id\":\(number),\"method\":\"health\"}", .health(id: number), end: end)
    case 11, 12:
      // One below, at and one above the limit.
      let length = lineBytesMax + Int.random(in: -1...1, using: &random)
      let text = decide()
      let line = text + String(repeating: " ", count: max(0, length - text.utf8.count))
      add(line, .decision(id: number), end: end)
    case 13:
      let length = lineBytesMax + 2 + Int.random(in: 0...(2 * lineBytesMax), using: &random)
      add(String(repeating: "{", count: length), .none, end: end)
    default:
      add(decide(wide: Int.random(in: 0..<5, using: &random) == 0 ? wideBytes : 0), .decision(id: number), end: end)
    }
  }

  private func request(_ method: String, _ members: String) -> String {
    "{\"jsonrpc\":\"2.0\",\"id\":\(number),\"method\":\"\(method)\",\"params\":{\"policy\":\"a.x\",\(members)}}"
  }

  private func decide(isNotification: Bool = false, wide: Int = 0) -> String {
    let text = request("decide", "\"input\":{\"n\":\(number)\(wide == 0 ? "" : ",\"wide\":\(wide)")}")
    return isNotification ? text.replacing("\"id\":\(number),", with: "") : text
  }

  private mutating func add(_ line: String, _ reply: Owed.Reply, end: String) {
    let start = bytes.count
    bytes += Array((line + end).utf8)
    let reply = line.utf8.count > lineBytesMax ? .error("line_too_long", id: "null") : reply
    let early = min(bytes.count, start + lineBytesMax + 2)
    owed.append(Owed(reply: reply, earliest: early, latest: bytes.count))
  }

  // MARK: Answers

  /// Checks one answer by a reader of JSON that is not ours; returns the versions that it names.
  static func check(_ line: [UInt8], _ owed: Owed.Reply) throws(SimulationFailure) -> Set<String> {
    guard let value = try? JSONSerialization.jsonObject(with: Data(line)) else {
      throw SimulationFailure("\(String(decoding: line, as: UTF8.self)) is no JSON")
    }
    func fail() -> SimulationFailure {
      SimulationFailure("\(String(decoding: line.prefix(300), as: UTF8.self)) does not answer \(owed)")
    }
    let object = value as? [String: Any] ?? [:]
    let result = object["result"] as? [String: Any]
    let id = object["id"] as? Int
    switch owed {
    case .none:
      throw fail()
    case .error(let code, let wanted):
      let error = object["error"] as? [String: Any]
      let name = (error?["data"] as? [String: Any])?["code"] as? String
      let number = (error?["code"] as? Int).map { "\($0)" }
      guard code == name || code == number, (id.map { "\($0)" } ?? "null") == wanted else { throw fail() }
      return []
    case .decision(let number):
      guard id == number, let decision = result?["decision"] as? [String: Any], decision["n"] as? Int == number,
        let version = result?["version"] as? String
      else { throw fail() }
      return [version]
    case .decisions(let number, let count):
      guard id == number, let results = result?["results"] as? [[String: Any]],
        let version = result?["version"] as? String,
        results.map({ ($0["decision"] as? [String: Any])?["n"] as? Int }) == Array(0..<count)
      else { throw fail() }
      return [version]
    case .array(let ids):
      guard let answers = value as? [[String: Any]], answers.map({ $0["id"] as? Int }) == ids else { throw fail() }
      let versions = answers.compactMap { ($0["result"] as? [String: Any])?["version"] as? String }
      guard versions.count == ids.count, Set(versions).count == 1 else { throw fail() }
      return Set(versions)
    case .health(let number):
      guard id == number, result?["status"] as? String == "ok" else { throw fail() }
      return []
    }
  }
}
