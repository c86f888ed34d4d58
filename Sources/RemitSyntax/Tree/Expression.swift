/// One expression with its place in the text. What contains an expression holds its number, not the expression.
package struct Expression: Sendable {
  package enum Kind: Sendable {
    case `nil`, `true`, `false`, varargs
    case integer(Int64)
    /// Written with a point or an exponent, or past 2^53 - 1. `isLong`: no double stands for its value.
    case decimal(isLong: Bool)
    /// Its bytes: `Tree.string`.
    case string
    case function(FunctionID)
    /// `isOuter`: declared in a function around the one where this stands.
    case local(LocalID, isOuter: Bool)
    case global(NameID)
    /// `base.name`
    case field(base: ExpressionID, name: NameID, dotAt: Int32, nameAt: Int32)
    /// `base[key]`
    case index(base: ExpressionID, key: ExpressionID, bracketAt: Int32)
    /// The arguments are a run of `Tree.expressionLists`.
    case call(callee: ExpressionID, arguments: Run)
    /// `object:name(arguments)`
    case method(object: ExpressionID, name: NameID, nameAt: Int32, arguments: Run)
    case unary(UnaryOperator, ExpressionID)
    case binary(BinaryOperator, ExpressionID, ExpressionID, operatorAt: Int32)
    /// `a .. b .. c` in one. `operators` is a run of `Tree.offsets`: where each `..` stands.
    case concat(operands: Run, operators: Run)
    /// The fields are a run of `Tree.fields`.
    case table(Run)
    case parenthesised(ExpressionID)
  }

  package var kind: Kind
  /// Offsets of its first byte and behind its last one.
  package var start: Int32
  package var end: Int32
  /// Of its first byte.
  package var line: Int32
}

/// One item of a table constructor.
package struct Field: Sendable {
  package enum Key: Sendable {
    case positional
    case name(NameID)
    case expression(ExpressionID)
  }

  package var key: Key
  package var value: ExpressionID
  /// Where the item starts.
  package var start: Int32
  package var line: Int32
}

package enum UnaryOperator: UInt8, Sendable {
  case negate, not, length, bitwiseNot
}

package enum BinaryOperator: UInt8, Sendable {
  case add, subtract, multiply, divide, floorDivide, modulo, power
  case bitwiseAnd, bitwiseOr, bitwiseXor, shiftLeft, shiftRight
  case equal, notEqual, less, lessEqual, greater, greaterEqual
  case and, or

  var isArithmetic: Bool { rawValue <= Self.shiftRight.rawValue }

  /// In bytes, as it is written.
  var length: Int32 {
    switch self {
    case .floorDivide, .shiftLeft, .shiftRight, .equal, .notEqual, .lessEqual, .greaterEqual, .or: 2
    case .and: 3
    default: 1
    }
  }
}
