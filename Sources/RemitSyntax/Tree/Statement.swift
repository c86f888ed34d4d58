/// One statement with its place in the text. Empty statements (`;`) are not kept.
package struct Statement: Sendable {
  package enum Kind: Sendable {
    /// The locals have consecutive numbers. Values are a run of `Tree.expressionLists`.
    case local(Run, values: Run)
    case localFunction(LocalID, FunctionID)
    case assign(targets: Run, values: Run, equalsAt: Int32)
    /// `function target(…)`; of a method, the target is the field that receives it.
    case function(target: ExpressionID, FunctionID)
    case call(ExpressionID)
    case block(BlockID)
    case `while`(ExpressionID, BlockID)
    case `repeat`(BlockID, until: ExpressionID)
    /// The clauses (`if`, `elseif`…) are a run of `Tree.clauses`.
    case `if`(Run, otherwise: BlockID?)
    case numericFor(NumericFor)
    case genericFor(Run, values: Run, BlockID)
    case `return`(Run)
    case `break`
    /// `label` is nil where there is none to jump to, which the stock compiler reports.
    case goto(NameID, label: LabelID?)
    case label(LabelID)
  }

  package var kind: Kind
  package var start: Int32
  package var end: Int32
  package var line: Int32
}

/// `for variable = start, limit, step do body end`
package struct NumericFor: Sendable {
  package var variable: LocalID
  package var start: ExpressionID
  package var limit: ExpressionID
  package var step: ExpressionID?
  package var body: BlockID
  package var equalsAt: Int32
  package var doAt: Int32
}

/// One `if` or `elseif`.
package struct Clause: Sendable {
  package var condition: ExpressionID
  package var body: BlockID
}

/// Statements with a scope of their own: a run of `Tree.statementLists`.
package struct Block: Sendable {
  package var statements: Run
  /// The offset behind the token that opens it, and that of the token that closes it.
  package var start: Int32
  package var end: Int32
}

/// `::name::`
package struct Label: Sendable {
  package var name: NameID
  package var start: Int32
  /// A `goto` further down jumps up to it: it makes a loop.
  package var isLoop = false
}
