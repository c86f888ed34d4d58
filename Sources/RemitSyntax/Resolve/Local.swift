/// One local variable, parameter or loop variable.
package struct Local: Sendable {
  package enum Origin: Sendable {
    /// Of `local`; nil where no expression stands for it alone: it starts as nil, or with one of a call's later values.
    case variable(ExpressionID?, startsNil: Bool)
    case parameter
    /// The `self` that a method has without writing it.
    case implicitSelf
    case numericFor(start: ExpressionID, step: ExpressionID?)
    case genericFor
    case function(FunctionID)
  }

  package var name: NameID
  /// Where its name stands.
  package var start: Int32
  package var line: Int32
  /// The function that declares it.
  package var function: FunctionID
  package var origin: Origin
  package var isConstant = false
  /// The head of a list in `Tree.assignments`, or -1.
  package var lastAssignment: Int32 = -1
  /// A function inside of the declaring one mentions it.
  package var isCaptured = false
  /// What the name meant before, while it is in scope.
  var hidden: Int32 = -1
}

/// One assignment to a local after its declaration.
package struct Assignment: Sendable {
  /// Nil where no single expression stands for it: a function statement, one of a call's later values.
  package var value: ExpressionID?
  package var start: Int32
  /// The one before, or -1.
  package var previous: Int32
}

/// One function, or the file itself (`Tree.main`).
package struct Function: Sendable {
  /// Nil for the file.
  package var parent: FunctionID?
  /// Consecutive locals, with the `self` of a method.
  package var parameters: Run
  package var isVararg: Bool
  package var isMethod: Bool
  package var body: BlockID
  /// Where `function` stands, its `(` and behind its `end`.
  package var start: Int32
  package var parenAt: Int32
  package var end: Int32
  package var line: Int32
  package var parenLine: Int32
  /// The locals of functions around it that it, or a function in it, assigns to.
  package var outerWrites: Set<LocalID> = []
}
