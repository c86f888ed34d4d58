/// The number of a thing in the pool of its kind in a `Tree`.
package struct ID<Thing>: Hashable, Sendable {
  let number: Int32

  package var index: Int { Int(number) }

  package init(_ index: Int) { number = Int32(truncatingIfNeeded: index) }
}

/// Several things of one kind that stand side by side in their pool.
package struct Run: Sendable {
  let first: Int32
  let length: Int32

  package var count: Int { Int(length) }
  package var isEmpty: Bool { length == 0 }
  package var range: Range<Int> { Int(first)..<Int(first + length) }

  init(first: Int, count: Int) {
    self.first = Int32(truncatingIfNeeded: first)
    length = Int32(truncatingIfNeeded: count)
  }

  static let none = Run(first: 0, count: 0)
}

/// A name's place in the file's `NameTable`.
package enum Name {}
package typealias NameID = ID<Name>
package typealias ExpressionID = ID<Expression>
package typealias StatementID = ID<Statement>
package typealias BlockID = ID<Block>
package typealias FunctionID = ID<Function>
package typealias LocalID = ID<Local>
package typealias LabelID = ID<Label>
