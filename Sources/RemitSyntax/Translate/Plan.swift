/// What the translation does where. Decided for the whole tree before a byte is written, because what a statement costs
/// must be known where its function starts.
struct Plan {
  enum Edit: UInt8 {
    /// Copied as it is, with all that is in it.
    case none
    /// Something in it changes.
    case inside
    /// Becomes a call to a helper (as the target of an assignment: `__remit_set`).
    case helper
  }

  /// What is known of an expression's value.
  struct Value: Equatable {
    /// 0 where nothing is known.
    private let code: UInt8

    static let unknown = Value(code: 0)
    /// A string, whatever happens.
    static let text = Value(code: 255)
    /// A whole number below 2^bits in magnitude, whatever happens, and so small that it has not wrapped.
    static func whole(bits: Int) -> Value { Value(code: UInt8(bits)) }

    private init(code: UInt8) { self.code = code }

    var bits: Int? { code >= 1 && code <= 63 ? Int(code) : nil }
  }

  enum Loop {
    /// Few rounds, known now: they are part of what the code around it costs.
    case native
    /// `__remit_for` charges for all rounds, `cost` each; 0 where the body itself charges round by round.
    /// `mayBeFractional`: start or step is not known to be whole.
    case prepared(cost: Int, mayBeFractional: Bool)
  }

  var edits: [Edit]
  var values: [Value]
  /// Steps to charge where a block starts; 0 for blocks that are part of what is around them.
  var blockCharges: [Int]
  /// Steps to charge behind a label; 0 where it makes no loop.
  var labelCharges: [Int]
  /// By statement.
  var loops: [Int: Loop] = [:]

  init(for tree: Tree) {
    edits = Array(repeating: .none, count: tree.expressions.count)
    values = Array(repeating: .unknown, count: tree.expressions.count)
    blockCharges = Array(repeating: 0, count: tree.blocks.count)
    labelCharges = Array(repeating: 0, count: tree.labels.count)
  }
}
