import RemitLua
import RemitPolicy
import RemitWire
import Testing

private let policy = """
  return policy {
    summary = "For tests.", outcomes = { "low", "high" },
    input = record { id = text {}, amount = money { min = "0" } },
    reasons = { below = { en = "Below.", zh = "以下" } },
    decide = function(tx)
      if tx.id == "loop" then while true do end end
      if tx.id == "fail" then error("no \\"way\\"") end
      return { outcome = "low", reasons = { "below" }, amount = tx.amount }
    end,
  }
  """

/// One decision in the forms that the service needs.
@Suite struct ReplyTests {
  private func decide(_ input: String, _ form: LuaVM.Form, id: String = "7") throws -> JSONView {
    try withPolicy(policy) { loader in
      let (loaded, machine) = try loader.load(named: "a.x")
      try machine.machine.setLabel(loaded.label, of: machine.policy)
      var output = ByteWriter()
      let block = ByteBlock(Array(input.utf8))
      let number = Array(id.utf8)
      _ = unsafe output.withBuffer { buffer in
        unsafe number.withUnsafeBytes { id in
          unsafe machine.machine.decide(
            machine.policy, input: UnsafeRawBufferPointer(block.bytes), form: form, id: id, into: buffer)
        }
      }
      return try JSONView(output.bytes)
    }
  }

  @Test(arguments: [("7", "7"), ("\"a\\\"b\"", "\"a\\\"b\""), ("1.50", "1.50"), ("", "null")])
  func aReplyHasTheRequestsIDAsItIsWritten(id: String, shown: String) throws {
    let reply = try decide(#"{"id":"x","amount":5.00}"#, .reply, id: id)
    #expect(reply.rawText.hasPrefix(#"{"jsonrpc":"2.0","id":\#(shown),"result":{"policy":"a.x","version":""#))
    #expect(reply["result"]?["decision"]?.rawText == #"{"outcome":"low","reasons":["below"],"amount":5}"#)
    #expect(reply.members.map(\.key) == ["jsonrpc", "id", "result"])
  }

  @Test(arguments: [
    (#"{"id":"x","amount":-1}"#, "invalid_input", #"{"code":"invalid_input","path":"/amount"}"#),
    (#"{"id":"x"}"#, "invalid_input", #"{"code":"invalid_input","path":"/amount"}"#),
    (#"{"id":"loop","amount":1}"#, "budget_exceeded", #"{"code":"budget_exceeded","budget":"instructions"}"#),
    (#"{"id":"fail","amount":1}"#, "policy_error", #"{"code":"policy_error","line":7}"#),
    ("[1,", "parse_error", #"{"code":"parse_error"}"#),
  ])
  func anErrorHasItsMessageOutsideOfItsData(input: String, code: String, data: String) throws {
    let reply = try decide(input, .reply)
    #expect(reply["error"]?.members.map(\.key) == ["code", "message", "data"])
    #expect(reply["error"]?["code"]?.rawText == (code == "parse_error" ? "-32700" : "-32000"))
    #expect(reply["error"]?["data"]?.rawText == data)
    let element = try decide(input, .element)
    #expect(element.members.map(\.key) == ["error"])
    #expect(element["error"]?["code"]?.string == code)
    #expect(element["error"]?["message"]?.string == reply["error"]?["message"]?.string)
  }

  @Test func anElementIsTheDecisionAlone() throws {
    let element = try decide(#"{"id":"x","amount":5.00}"#, .element)
    #expect(element.rawText == #"{"decision":{"outcome":"low","reasons":["below"],"amount":5}}"#)
  }
}
