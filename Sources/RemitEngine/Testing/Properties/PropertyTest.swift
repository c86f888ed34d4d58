internal import RemitLua
internal import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Tries one property with one input: calls it, and decides what it asks for until it has an answer.
///
/// It belongs to one thread.
final class PropertyTest {
  private let policy: LoadedPolicy
  private let number: UInt32
  /// Makes a machine that has loaded the tests: one that failed is not asked again.
  private let makeMachine: () throws(PolicyLoadError) -> LuaVM
  private var machine: LuaVM?
  private let evaluator: Evaluator
  /// True once an input was decided: where none is, nothing was tried.
  private(set) var hasDecided = false
  private(set) var lastError: String?

  /// One call may ask for so many decisions.
  private static let questionsMax = 100

  init(
    _ number: UInt32, of policy: LoadedPolicy, evaluator: Evaluator,
    makeMachine: @escaping () throws(PolicyLoadError) -> LuaVM
  ) {
    self.number = number
    self.policy = policy
    self.evaluator = evaluator
    self.makeMachine = makeMachine
  }

  /// Why the property does not hold of that input; nil where it does.
  func failure(_ input: String) -> String? {
    let input = ByteBlock(Array(input.utf8))
    var answers: [[UInt8]] = []
    var errors: [String] = []
    while true {
      let verdict: JSONView
      do {
        let machine = try self.machine ?? makeMachine()
        self.machine = machine
        let joined = [UInt8(ascii: "[")] + answers.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
        verdict = try JSONView(machine.callProperty(number, input: input, answers: ByteBlock(joined)).array())
      } catch let error as LuaError {
        machine = nil
        // A decision that was not there is what most properties trip over.
        return ([error.message] + errors.suffix(1)).joined(separator: "; decide gave ")
      } catch {
        return "the property cannot be called: \(error)"
      }
      if let asked = verdict["ask"] {
        guard answers.count < Self.questionsMax else { return "asks for more than \(Self.questionsMax) decisions" }
        let answer = decide(asked, &errors)
        answers.append(answer)
        continue
      }
      if verdict["holds"]?.boolean == true { return nil }
      let message = verdict["message"].flatMap { $0.isNull ? nil : $0.string ?? $0.rawText }
      return message ?? "does not hold"
    }
  }

  /// `{"decision":…}` or `{"error":…}`; of a group policy the decision is a list of decisions and `{"error":…}`.
  private func decide(_ asked: JSONView, _ errors: inout [String]) -> [UInt8] {
    if policy.declaration.group != nil { return decideGroup(asked) }
    let input = ByteBlock(TypedInput.json(asked, as: policy.declaration.input))
    var output = ByteWriter()
    // SAFETY: the block lives through the call, and has its padding.
    _ = unsafe evaluator.decide(UnsafeRawBufferPointer(input.bytes), line: 1, into: &output)
    guard let line = try? JSONView(output.bytes) else { preconditionFailure("a result line is JSON") }
    if let decision = line["decision"] {
      hasDecided = true
      return Array("{\"decision\":".utf8) + decision.rawBytes + [UInt8(ascii: "}")]
    }
    let error = line["error"]
    let message = "\(error?["code"]?.string ?? "an error"): \(error?["message"]?.string ?? "")"
    errors.append(message)
    lastError = message
    return Array("{\"error\":".utf8) + (error.map { Array($0.rawBytes) } ?? Array("{}".utf8)) + [UInt8(ascii: "}")]
  }

  private func decideGroup(_ asked: JSONView) -> [UInt8] {
    let blocks = asked.elements.map { ByteBlock(TypedInput.json($0, as: policy.declaration.input)) }
    var output = ByteWriter()
    var elements: [[UInt8]] = []
    do {
      // SAFETY: the blocks live through the call, and have their padding.
      let inputs = unsafe blocks.map { unsafe UnsafeRawBufferPointer($0.bytes) }
      let places = try unsafe evaluator.decideTogether(inputs, into: &output)
      let bytes = output.bytes
      for place in places {
        let line = try JSONView(bytes[place])
        if let decision = line["decision"] {
          hasDecided = true
          elements.append(Array(decision.rawBytes))
        } else if let error = line["error"] {
          lastError = error["message"]?.string
          elements.append(Array("{\"error\":".utf8) + error.rawBytes + [UInt8(ascii: "}")])
        }
      }
      withExtendedLifetime(blocks) {}
    } catch {
      lastError = "\(error)"
      return Array("{\"error\":{\"code\":\"internal_error\"}}".utf8)
    }
    return Array("{\"decision\":[".utf8) + elements.joined(separator: [UInt8(ascii: ",")]) + Array("]}".utf8)
  }
}
