// names: company names without their legal forms. An example of a native plugin in Swift.
//
// `Acme Widgets Ltd.` and `ACME WIDGETS LIMITED` are one company to whoever looks for duplicate vendors.
import CRemitPlugin

/// The words of a name that say which company it is: in lower case, without marks and without legal forms at its end.
func significantWords(of name: String) -> [String] {
  var words: [String] = []
  var word = ""
  for character in name.lowercased() {
    if character.isLetter || character.isNumber {
      word.append(character)
    } else if character == " " || character == "-" || character == "/" || character == "," {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    // Other marks join what stands around them: `B.V.` is `bv`.
  }
  if !word.isEmpty { words.append(word) }
  while words.count > 1, let last = words.last, legalForms.contains(last) { words.removeLast() }
  if let last = words.last, let suffix = joinedForms.first(where: { last.hasSuffix($0) }), last != suffix {
    words[words.count - 1] = String(last.dropLast(suffix.count))
  }
  return words
}

private let legalForms: Set<String> = [
  "ab", "ag", "aps", "as", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "limited",
  "llc", "llp", "lp", "ltd", "nv", "oy", "plc", "pte", "pty", "sa", "sarl", "sas", "spa", "srl", "the",
]

/// Written without a space before them; longer ones first.
private let joinedForms = ["股份有限公司", "有限责任公司", "有限公司", "公司"]

// MARK: - The functions

private typealias Call =
  @convention(c) (
    UnsafePointer<remit_plugin_value>?, Int, UnsafePointer<remit_plugin_host>?
  ) -> Int32

private func text(_ value: remit_plugin_value) -> String {
  // SAFETY: Remit's bytes are valid during the call, and copied here.
  unsafe String(decoding: UnsafeRawBufferPointer(start: value.bytes, count: value.length), as: UTF8.self)
}

private let normalise: Call = { arguments, _, host in
  guard let arguments = unsafe arguments, let host = unsafe host else { return 1 }
  // SAFETY: one value for each declared argument.
  var name = unsafe significantWords(of: text(arguments[0])).joined(separator: " ")
  return name.withUTF8 { bytes in
    unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe host.pointee.give_text(host, $0.baseAddress, $0.count) }
  }
}

private let same: Call = { arguments, _, host in
  guard let arguments = unsafe arguments, let host = unsafe host else { return 1 }
  // SAFETY: one value for each declared argument.
  let isSame = unsafe significantWords(of: text(arguments[0])) == significantWords(of: text(arguments[1]))
  return unsafe host.pointee.give_boolean(host, isSame ? 1 : 0)
}

// MARK: - The description

/// Texts and tables that stay where they are for as long as the process runs, which is what the interface asks for.
@safe private final class Description: @unchecked Sendable {
  // SAFETY: written by `init` alone, which runs once, and never freed.
  let plugin: UnsafePointer<remit_plugin>

  init() {
    let arguments = unsafe Self.keep([
      remit_plugin_argument(name: Self.keep("a"), type: UInt32(REMIT_PLUGIN_TEXT)),
      remit_plugin_argument(name: Self.keep("b"), type: UInt32(REMIT_PLUGIN_TEXT)),
    ])
    let functions = unsafe Self.keep([
      remit_plugin_function(
        name: Self.keep("normalise"), summary: Self.keep("The name in lower case, without marks and legal forms."),
        arguments: arguments, argument_count: 1, result: UInt32(REMIT_PLUGIN_TEXT), cost: 400, cost_per_byte: 40,
        call: normalise),
      remit_plugin_function(
        name: Self.keep("same"), summary: Self.keep("Whether two names are one company's but for their legal forms."),
        arguments: arguments, argument_count: 2, result: UInt32(REMIT_PLUGIN_BOOLEAN), cost: 800, cost_per_byte: 40,
        call: same),
    ])
    unsafe plugin = Self.keep([
      remit_plugin(
        version: UInt32(REMIT_PLUGIN_VERSION), name: Self.keep("names"), release: Self.keep("1.0.0"),
        summary: Self.keep("Company names without their legal forms."), functions: functions, function_count: 2)
    ])
  }

  @unsafe private static func keep<Value>(_ values: [Value]) -> UnsafePointer<Value> {
    let room = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
    _ = unsafe UnsafeMutableBufferPointer(start: room, count: values.count).initialize(fromContentsOf: values)
    return unsafe UnsafePointer(room)
  }

  @unsafe private static func keep(_ text: String) -> UnsafePointer<CChar> { unsafe keep(Array(text.utf8CString)) }
}

private let description = Description()

@_cdecl("remit_plugin_v1")
public func remitPlugin() -> UnsafeRawPointer { unsafe UnsafeRawPointer(description.plugin) }
