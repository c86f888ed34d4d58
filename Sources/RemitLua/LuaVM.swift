package import CRemitJSON
internal import CRemitLua
package import RemitModel

/// The policy machine: one sandboxed Lua state that loads policies and decides inputs.
///
/// It belongs to one thread at a time. A machine that met its memory limit is spent: its owner replaces it.
@safe package final class LuaVM {
  // SAFETY: made by `init`, destroyed by `deinit`, and used by one thread at a time, as the class is not Sendable.
  let machine: OpaquePointer
  /// The machine calls it by an unowned pointer, so it must live as long.
  private let source: any ModuleSource
  private let bridge: SourceBridge

  /// A policy that this machine has loaded.
  package struct Policy: Equatable {
    let number: UInt32
  }

  package init(limits: Limits, source: any ModuleSource) throws(LuaError) {
    let bridge = SourceBridge(source)
    var raw = remit_limits(limits)
    // SAFETY: the bridge lives as long as the machine, and the callbacks take its pointer back unretained.
    var callbacks = unsafe remit_source(
      context: Unmanaged.passUnretained(bridge).toOpaque(), module: SourceBridge.module, file: SourceBridge.file,
      settings: SourceBridge.settings, dataset: SourceBridge.dataset, native: SourceBridge.native)
    guard let machine = unsafe remit_vm_create(&raw, &callbacks) else {
      throw LuaError(code: .internalError, message: "no memory for a policy machine")
    }
    unsafe self.machine = machine
    self.source = source
    self.bridge = bridge
  }

  deinit {
    // SAFETY: made by `init`, and nothing else keeps it.
    unsafe remit_vm_destroy(machine)
  }

  // MARK: Loading

  /// Loads the policy with everything that it requires.
  package func load(_ name: PolicyName) throws(LuaError) -> Policy {
    var number: UInt32 = 0
    try check(unsafe withSlice(name.description) { unsafe remit_vm_load_policy(machine, $0, &number) })
    return Policy(number: number)
  }

  /// Loads a module of tests, and returns its cases as JSON.
  package func loadTests(module: String) throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    try check(unsafe withSlice(module) { unsafe remit_vm_load_tests(machine, $0, &out) })
    return unsafe copy(out)
  }

  /// Loads a plugin alone, by its module's name.
  package func loadPlugin(module: String) throws(LuaError) {
    try check(unsafe withSlice(module) { unsafe remit_vm_load_plugin(machine, $0) })
  }

  /// Calls what a loaded plugin provides, or reads it where it is a value, under the budget of a decision.
  ///
  /// - Parameter arguments: A JSON array.
  /// - Returns: The result as JSON.
  package func call(_ name: String, ofPlugin module: String, arguments: ByteBlock) throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    try check(
      unsafe withSlice(module) { module in
        unsafe withSlice(name) { name in
          unsafe remit_vm_call_plugin(machine, module, name, arguments.slice, &out)
        }
      })
    return unsafe copy(out)
  }

  /// Loads a module that need not be a policy, for what is wrong with it.
  package func load(module: String) throws(LuaError) {
    try check(unsafe withSlice(module) { unsafe remit_vm_load_module(machine, $0) })
  }

  /// The policy's declaration as JSON.
  package func describe(_ policy: Policy) throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    try check(unsafe remit_vm_describe(machine, policy.number, &out))
    return unsafe copy(out)
  }

  /// What is wrong with the rules of the decision tables that the policy reads, as JSON.
  package func tableFindings(_ policy: Policy) throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    try check(unsafe remit_vm_check_tables(machine, policy.number, &out))
    return unsafe copy(out)
  }

  /// Says what stands in each result line between the id and the decision.
  package func setLabel(_ label: [UInt8], of policy: Policy) throws(LuaError) {
    let done = unsafe withSlice(label) { unsafe remit_vm_set_label(machine, policy.number, $0) }
    guard done else { throw LuaError(code: .internalError, message: "no memory for a policy machine") }
  }

  /// Sets the params from a JSON object; what it does not name gets its default.
  package func setParams(_ json: ByteBlock, of policy: Policy) throws(LuaError) {
    try check(unsafe remit_vm_set_params(machine, policy.number, json.slice))
  }

  /// Sets the time of the decisions that follow; false where the text is neither a date nor an RFC 3339 time.
  package func setAt(_ text: String) -> Bool {
    unsafe withSlice(text) { unsafe remit_vm_set_at(machine, $0) }
  }

  // MARK: Deciding

  /// Decides one input and appends one result line, with its newline, to the buffer. Allocates nothing on this side.
  ///
  /// - Parameters:
  ///   - input: One JSON object, with `ByteBlock.padding` readable bytes behind it. Read only during the call.
  ///   - line: Its number, from 1: the id where it has none, and beside an error.
  ///   - buffer: As `ByteWriter.withBuffer` lends it.
  /// - Returns: Nil for a decision; else why the line holds an error.
  @unsafe package func decide(
    _ policy: Policy, input: UnsafeRawBufferPointer, line: UInt64, into buffer: UnsafeMutablePointer<remit_buffer>
  ) -> ErrorCode? {
    // SAFETY: the caller vouches for `input` and the bytes behind it.
    let slice = unsafe remit_slice(bytes: input.baseAddress?.assumingMemoryBound(to: UInt8.self), length: input.count)
    return errorCode(unsafe remit_vm_decide(machine, policy.number, slice, line, buffer))
  }

  /// What stands around a decision, and around an error.
  package enum Form: Sendable {
    /// `{"jsonrpc":"2.0","id":…,"result":{"policy":…,"version":…,"decision":{…}}}`, or `"error"` as JSON-RPC has it.
    case reply
    /// `{"decision":{…}}` or `{"error":{…}}`.
    case element
  }

  /// Decides as `decide` does, in another form and without a newline. Allocates nothing on this side.
  ///
  /// - Parameter id: Of a reply, as it is to stand there: valid JSON; empty for null.
  @unsafe package func decide(
    _ policy: Policy, input: UnsafeRawBufferPointer, form: Form, id: UnsafeRawBufferPointer,
    into buffer: UnsafeMutablePointer<remit_buffer>
  ) -> ErrorCode? {
    // SAFETY: the caller vouches for both and the bytes behind the input.
    let slice = unsafe remit_slice(bytes: input.baseAddress?.assumingMemoryBound(to: UInt8.self), length: input.count)
    let id = unsafe remit_slice(bytes: id.baseAddress?.assumingMemoryBound(to: UInt8.self), length: id.count)
    let form = form == .reply ? REMIT_FORM_REPLY : REMIT_FORM_ELEMENT
    return errorCode(unsafe remit_vm_decide_as(machine, policy.number, slice, form, id, buffer))
  }

  // MARK: Tracing

  /// Decides as `decide` does, and notes what is read and how conditions turn out. For machines of traced texts.
  @unsafe package func decideTraced(
    _ policy: Policy, input: UnsafeRawBufferPointer, line: UInt64, into buffer: UnsafeMutablePointer<remit_buffer>
  ) -> ErrorCode? {
    // SAFETY: the caller vouches for `input` and the bytes behind it.
    let slice = unsafe remit_slice(bytes: input.baseAddress?.assumingMemoryBound(to: UInt8.self), length: input.count)
    return errorCode(unsafe remit_vm_decide_traced(machine, policy.number, slice, line, buffer))
  }

  /// Decides as `decide` does, and says which way the decision went: a number for how all conditions turned out, the
  /// same for each decision of this machine that went the same way. For machines of traced texts.
  @unsafe package func decidePath(
    _ policy: Policy, input: UnsafeRawBufferPointer, line: UInt64, into buffer: UnsafeMutablePointer<remit_buffer>
  ) -> (error: ErrorCode?, path: UInt64) {
    // SAFETY: the caller vouches for `input` and the bytes behind it.
    let slice = unsafe remit_slice(bytes: input.baseAddress?.assumingMemoryBound(to: UInt8.self), length: input.count)
    var path: UInt64 = 0
    let status = unsafe remit_vm_decide_path(machine, policy.number, slice, line, buffer, &path)
    return (errorCode(status), path)
  }

  /// What was noted of the last traced decision, as JSON: see `remit_vm_trace`.
  package func trace() throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    try check(unsafe remit_vm_trace(machine, &out))
    return unsafe copy(out)
  }

  /// How often each site was reached since the machine was made, as JSON: see `remit_vm_coverage`.
  package func coverage() throws(LuaError) -> ByteBlock {
    var out = unsafe remit_slice()
    try check(unsafe remit_vm_coverage(machine, &out))
    return unsafe copy(out)
  }

  // MARK: Reading

  /// Checks one input without deciding it: reads it as `decide` does.
  ///
  /// - Parameter input: As for `decide`.
  /// - Returns: Nil where it fits the declaration; `invalidInput` whatever is wrong with it.
  @unsafe package func read(_ policy: Policy, input: UnsafeRawBufferPointer) -> ErrorCode? {
    // SAFETY: the caller vouches for `input` and the bytes behind it.
    let slice = unsafe remit_slice(bytes: input.baseAddress?.assumingMemoryBound(to: UInt8.self), length: input.count)
    return errorCode(unsafe remit_vm_read(machine, policy.number, slice))
  }

  /// The outcome of the last decision, as its number in the declaration's list.
  package var lastOutcome: Int { Int(unsafe remit_vm_last_outcome(machine)) }

  /// How many steps of its budget the last decision took.
  package var lastSteps: Int { Int(unsafe remit_vm_steps(machine)) }

  /// True where the machine met its memory limit, and must be replaced.
  package var isSpent: Bool { unsafe remit_vm_spent(machine) }

  /// Why the last call failed.
  package var message: String {
    let text = unsafe remit_vm_message(machine)
    // SAFETY: valid until the next call, and copied before it.
    return unsafe String(decoding: UnsafeBufferPointer(start: text.bytes, count: text.length), as: UTF8.self)
  }

  // MARK: Between C and Swift

  private func check(_ status: remit_status) throws(LuaError) {
    guard let code = errorCode(status) else { return }
    throw LuaError(code: code, message: message)
  }

  func errorCode(_ status: remit_status) -> ErrorCode? {
    switch status {
    case REMIT_OK: nil
    case REMIT_PARSE_ERROR: .parseError
    case REMIT_INVALID_INPUT: .invalidInput
    case REMIT_INVALID_PARAMS: .invalidParams
    case REMIT_POLICY_ERROR: .policyError
    case REMIT_BUDGET_INSTRUCTIONS, REMIT_BUDGET_MEMORY, REMIT_BUDGET_TIME: .budgetExceeded
    default: .internalError
    }
  }

  // SAFETY: what the machine hands out is valid until its next call.
  @unsafe private func copy(_ slice: remit_slice) -> ByteBlock {
    unsafe ByteBlock(UnsafeBufferPointer(start: slice.bytes, count: slice.length))
  }

  // SAFETY: the slice is valid during `body`.
  @unsafe private func withSlice<Result>(_ bytes: [UInt8], _ body: (remit_slice) -> Result) -> Result {
    unsafe bytes.withUnsafeBufferPointer { source in
      unsafe body(remit_slice(bytes: source.baseAddress, length: source.count))
    }
  }

  @unsafe private func withSlice<Result>(_ text: String, _ body: (remit_slice) -> Result) -> Result {
    unsafe withSlice(Array(text.utf8), body)
  }
}

extension remit_limits {
  fileprivate init(_ limits: Limits) {
    self.init(
      decision: remit_budget(limits.decision), load: remit_budget(limits.load),
      decision_bytes: limits.decisionBytesMax, nesting_depth: UInt32(limits.nestingDepthMax),
      group_memory_bytes: limits.groupMemoryBytesMax)
  }
}

extension remit_budget {
  fileprivate init(_ budget: Budget) {
    self.init(
      instructions: budget.instructionsMax, memory_bytes: budget.memoryBytesMax, milliseconds: budget.milliseconds)
  }
}

/// Carries the machine's questions to its source.
private final class SourceBridge {
  // Unowned by design of the machine: `LuaVM` keeps both alive.
  private let source: any ModuleSource
  /// What was handed out: the machine keeps pointers into it.
  private var handedOut: [ModuleText] = []
  private var files: [ByteBlock] = []
  private var settings: [PluginSettings] = []
  private var datasets: [Dataset] = []

  init(_ source: any ModuleSource) {
    self.source = source
  }

  // SAFETY: `context` is the bridge that `LuaVM.init` passed; slices are valid during the call, `out` points at one
  // value.
  static let module:
    @convention(c) (UnsafeMutableRawPointer?, remit_slice, UnsafeMutablePointer<remit_module>?) -> Bool = {
      context, name, out in
      guard let context = unsafe context, let out = unsafe out else { return false }
      let bridge = unsafe Unmanaged<SourceBridge>.fromOpaque(context).takeUnretainedValue()
      guard let module = bridge.source.module(named: unsafe text(name)) else { return false }
      bridge.handedOut.append(module)
      unsafe out.pointee = remit_module(
        file: module.file.slice, text: module.text.slice,
        writer_lines: UnsafePointer(module.writerLines.lines.baseAddress), writer_count: module.writerLines.lines.count,
        site_count: UInt32(module.siteCount),
        lookups: module.lookups.slice)
      return true
    }

  // SAFETY: as above.
  static let file:
    @convention(c) (UnsafeMutableRawPointer?, remit_slice, remit_slice, UnsafeMutablePointer<remit_slice>?) -> Bool = {
      context, module, name, out in
      guard let context = unsafe context, let out = unsafe out else { return false }
      let bridge = unsafe Unmanaged<SourceBridge>.fromOpaque(context).takeUnretainedValue()
      guard let file = bridge.source.file(unsafe text(name), askedBy: unsafe text(module)) else { return false }
      bridge.files.append(file)
      unsafe out.pointee = file.slice
      return true
    }

  // SAFETY: as above.
  static let settings:
    @convention(c) (UnsafeMutableRawPointer?, remit_slice, UnsafeMutablePointer<remit_settings>?) -> Bool = {
      context, plugin, out in
      guard let context = unsafe context, let out = unsafe out else { return false }
      let bridge = unsafe Unmanaged<SourceBridge>.fromOpaque(context).takeUnretainedValue()
      guard let found = bridge.source.settings(ofPlugin: unsafe text(plugin)) else { return false }
      bridge.settings.append(found)
      unsafe out.pointee = remit_settings(
        json: found.json.slice, file: found.file.slice, line: UInt32(clamping: found.line))
      return true
    }

  // SAFETY: as above; the builder is the machine's own, and outlives the call.
  static let dataset:
    @convention(c) (
      UnsafeMutableRawPointer?, remit_slice, remit_slice, OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?
    ) -> Bool = { context, module, name, builder, out in
      guard let context = unsafe context, let builder = unsafe builder, let out = unsafe out else { return false }
      let bridge = unsafe Unmanaged<SourceBridge>.fromOpaque(context).takeUnretainedValue()
      let own = unsafe DatasetBuilder(builder)
      defer { own.end() }
      guard let dataset = bridge.source.dataset(unsafe text(name), askedBy: unsafe text(module), from: own) else {
        return false
      }
      bridge.datasets.append(dataset)
      unsafe out.pointee = dataset.pointer
      return true
    }

  // SAFETY: as above. A library that was loaded stays.
  static let native: @convention(c) (UnsafeMutableRawPointer?, remit_slice) -> OpaquePointer? = { context, plugin in
    guard let context = unsafe context else { return nil }
    let bridge = unsafe Unmanaged<SourceBridge>.fromOpaque(context).takeUnretainedValue()
    return unsafe bridge.source.native(named: text(plugin))?.library
  }

  @unsafe private static func text(_ slice: remit_slice) -> String {
    unsafe String(decoding: UnsafeBufferPointer(start: slice.bytes, count: slice.length), as: UTF8.self)
  }
}
