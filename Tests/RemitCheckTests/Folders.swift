import RemitCheck
import RemitPolicy
import RemitTestKit

/// Texts of policies: what a test is not about is as it should be.
struct Draft {
  var head = ""
  /// Stands in `decide` in front of statements that use everything that is declared.
  var body = ""
  var summary = #"summary = "What it decides.", source = "The handbook.","#
  var outcomes = #"{ "approve", "reject" }"#
  var fields = """
    id = optional(text {}), amount = money {}, note = optional(text {}), day = date {}, urgent = boolean {},
        category = enum { "expense", "fixed_asset" }, approver = record { id = text {}, role = text {} },
        delegation = optional(record { to = text {}, limit = optional(money {}) }),
        lines = list { of = record { sku = text {}, price = money {} } }, flags = map { of = boolean {} },
    """
  var params = #"limit = money { default = "5", summary = "The limit." },"#
  var reasons = """
    within = { en = "Within.", zh = "在内。" },
        over = { en = "Over.", zh = "超过。" },
    """
  var decide = """
    function(tx, params, context)
        BODY
        if tx.amount > params.limit then
          return { outcome = "reject", reasons = { "over" } }
        end
        return { outcome = "approve", reasons = { "within" } }
      end
    """

  var text: String {
    """
    \(head)
    return policy {
      \(summary)
      outcomes = \(outcomes),
      input = record {
        \(fields)
      },
      params = {
        \(params)
      },
      reasons = {
        \(reasons)
      },
      decide = \(decide.replacing("BODY", with: body)),
    }
    """
  }
}

let testText = """
  return test "family.name" {
    { name = "one", input = { id = "1" }, expect = { outcome = "approve" } },
  }
  """

/// Where the marks `«` stand in a text, as line and column, and the text without them.
func places(markedIn text: String) -> (text: String, places: [(line: Int, column: Int)]) {
  var plain = ""
  var places: [(Int, Int)] = []
  var line = 1
  var column = 1
  for character in text.unicodeScalars {
    if character == "«" {
      places.append((line, column))
      continue
    }
    plain.unicodeScalars.append(character)
    (line, column) = character == "\n" ? (line + 1, 1) : (line, column + 1)
  }
  return (plain, places)
}

/// What is found in a folder of such policies. Files `plugins/…` are the plugins'.
func findings(_ files: [String: String], in below: String = "") -> [Finding] {
  let folder = TemporaryFolder(files)
  let policies = PolicyFolder(policies: folder.path + "/policies", plugins: folder.path + "/plugins")
  var checker = PolicyChecker(PolicyLoader(ModuleStore(folder: policies)))
  return checker.check { below.isEmpty || $0 == below || $0.hasPrefix(below + "/") }
}

/// What is found in one policy that has a test.
func findings(inPolicy text: String, and others: [String: String] = [:]) -> [Finding] {
  var files = ["policies/family/name.lua": text, "policies/family/name_test.lua": testText]
  files.merge(others) { $1 }
  return findings(files)
}
