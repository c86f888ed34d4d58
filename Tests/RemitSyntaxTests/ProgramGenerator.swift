import RemitTestKit

/// Writes random programs in whole numbers that end, print a lot and sometimes fail.
///
/// Every statement has its own line, so that the line of an error is sure. A space stands wherever the grammar allows
/// any blank: `messy` fills these with newlines and comments.
struct ProgramGenerator {
  private struct Variable {
    var name: String
    /// Depth of functions at its declaration.
    var depth: Int
    var isConstant = false
  }

  private struct Callable {
    var name: String
    var weight: Int
  }

  private var random: SeededGenerator
  private var lines: [String] = []
  private var numbers: [Variable] = []
  private var tables: [Variable] = []
  private var callables: [Callable] = []
  private var depth = 0
  private var loopDepth = 0
  private var nameCount = 0
  private var labelCount = 0
  /// What one run of the present function costs, about; keeps programs short.
  private var weight = 0
  private var factor = 1

  private init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  static func program(seed: UInt64) -> String {
    var generator = ProgramGenerator(seed: seed)
    generator.lines.append("local function main ( ... )")
    generator.depth = 1
    generator.block(statements: 25)
    generator.lines.append("print ( \(generator.number(2)) )")
    generator.lines.append("end")
    generator.lines.append("return main ( 4 , 5 , 6 )")
    return generator.lines.joined(separator: "\n")
  }

  /// The same program with other blanks.
  static func messy(_ program: String, seed: UInt64) -> String {
    var random = SeededGenerator(seed: seed)
    let blanks = [" ", " ", "  ", "\n", "\t", " --[[ ( ]]", " -- end\n", " --[==[\n]]]==]", "\r\n", "\n--\n"]
    return String(program.flatMap { $0 == " " ? Array(blanks.randomElement(using: &random) ?? " ") : [$0] })
  }

  // MARK: Chance

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "1" }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  private mutating func fresh(_ prefix: String) -> String {
    // Now and then a name again, to shadow one.
    if chance(15), nameCount > 3 { return "\(prefix)\(below(nameCount))" }
    nameCount += 1
    return "\(prefix)\(nameCount)"
  }

  // MARK: Expressions

  private mutating func number(_ level: Int) -> String {
    weight += factor
    guard level > 0 else {
      switch below(10) {
      case 0, 1: return String(below(20))
      case 2: return pick(["0x1F", "2147483647", "2147483648", "1000000007", "4503599627370496", "0"])
      case 3: return "# \"\(String(repeating: "x", count: below(5)))\""
      case 4: return tables.isEmpty ? "1" : "# \(table())"
      default: return numbers.randomElement(using: &random)?.name ?? "7"
      }
    }
    switch below(22) {
    case 0...5:
      return "\(number(level - 1)) \(pick(["+", "-", "*", "+", "-"])) \(number(level - 1))"
    case 6:
      return "( \(number(level - 1)) ) \(pick(["//", "%"])) \(chance(90) ? String(1 + below(9)) : number(level - 1))"
    case 7: return "( \(number(level - 1)) \(pick(["&", "|", "~"])) \(number(level - 1)) )"
    case 8: return "( \(number(level - 1)) ) \(pick(["<<", ">>"])) \(below(6))"
    case 9: return "\(pick(["-", "~", "- -"])) \(number(level - 1))"
    case 10: return "( \(number(level - 1)) )"
    case 11: return "( \(condition(level - 1)) and \(number(level - 1)) or \(number(level - 1)) )"
    case 12: return "select ( \(pick(["'#'", "1", "2", "-1"])) , \(number(0)) , \(arguments(level - 1)) )"
    case 13: return "# ( \(text(level - 1)) )"
    case 14: return call(level - 1)
    case 15: return tables.isEmpty ? number(0) : "( \(table()) . n or \(number(level - 1)) )"
    case 16: return tables.isEmpty ? number(0) : "( \(table()) [ \(number(level - 1)) ] or \(number(0)) )"
    case 17:
      return
        "( function ( ... ) return \(pick(["...", "( ... )", "select ( 2 , ... )"])) end ) ( \(number(0)) , \(number(level - 1)) )"
    case 18: return "line ( )"
    case 19: return chance(10) ? "( nil + \(number(0)) )" : number(level - 1)
    default: return number(0)
    }
  }

  private mutating func table() -> String { tables.randomElement(using: &random)?.name ?? "{ }" }

  private mutating func arguments(_ level: Int) -> String {
    (0...below(3)).map { _ in number(level) }.joined(separator: " , ")
  }

  private mutating func call(_ level: Int) -> String {
    guard let callable = callables.randomElement(using: &random), weight + callable.weight * factor < 3000 else {
      return number(0)
    }
    weight += callable.weight * factor
    return "\(callable.name) ( \(arguments(level)) )"
  }

  private mutating func text(_ level: Int) -> String {
    switch below(6) {
    case 0: return "'a\\n\\65' .. \(below(9)) .. \"z\""
    case 1: return "( \(number(level)) ) .. '' .. ( \(number(level)) )"
    case 2: return "[[x]] .. tostring ( \(condition(0)) )"
    case 3: return level > 0 ? "( \(text(level - 1)) ) .. \(text(level - 1))" : "'t'"
    case 4: return level > 0 ? "( \(text(level - 1)) ) : rep ( \(below(3)) )" : "\"q\""
    default: return "'s'"
    }
  }

  private mutating func condition(_ level: Int) -> String {
    switch below(6) {
    case 0: return "not ( \(condition(max(0, level - 1))) )".replacing("not ( true )", with: "true")
    case 1 where level > 0: return "\(condition(level - 1)) and \(condition(level - 1))"
    case 2 where level > 0: return "\(condition(level - 1)) or \(condition(level - 1))"
    case 3: return pick(["true", "nil", "false"])
    default: return "\(number(level)) \(pick(["<", "<=", ">", ">=", "==", "~="])) \(number(level))"
    }
  }

  // MARK: Statements

  private mutating func block(statements: Int) {
    let outer = (numbers, tables, callables)
    for _ in 0..<(1 + below(statements)) where weight < 4000 { statement() }
    (numbers, tables, callables) = outer
  }

  private mutating func put(_ line: String) { lines.append(chance(10) ? line + " ;" : line) }

  private mutating func declare(_ value: String, isConstant: Bool = false) {
    let name = fresh("n")
    put("local \(name)\(isConstant ? " < const >" : "") = \(value)")
    numbers.removeAll { $0.name == name }
    numbers.append(Variable(name: name, depth: depth, isConstant: isConstant))
  }

  private mutating func target() -> String {
    let own = numbers.filter { !$0.isConstant }
    switch below(5) {
    case 0 where !tables.isEmpty: return "\(table()) . \(pick(["n", "m"]))"
    case 1 where !tables.isEmpty: return "\(table()) [ \(number(1)) ]"
    case 2 where !tables.isEmpty: return "\(table()) [ # \(table()) + 1 ]"
    default:
      return own.randomElement(using: &random)?.name ?? (tables.isEmpty ? "select ( 1 , { } ) . x" : "\(table()) . x")
    }
  }

  private mutating func statement() {
    weight += factor
    switch below(24) {
    case 0, 1: declare(number(2), isConstant: chance(20))
    case 2: declare(String(below(50)))
    case 3, 4: put("\(target()) = \(number(2))")
    case 5:
      let count = 2 + below(2)
      let targets = (0..<count).map { _ in target() }.joined(separator: " , ")
      put("\(targets) = \((0...below(3)).map { _ in number(1) }.joined(separator: " , "))")
    case 6, 7: put("print ( \(number(2)) , \(text(1)) , \(condition(1)) )")
    case 8:
      let name = fresh("t")
      put(
        "local \(name) = { \(number(1)) , \(number(1)) ; n = \(number(1)) , [ \(number(0)) ] = \(number(1)) , \(number(0)) }"
      )
      tables.removeAll { $0.name == name }
      tables.append(Variable(name: name, depth: depth))
    case 9, 10: conditional()
    case 11, 12, 13: numericFor()
    case 14: whileLoop()
    case 15: repeatLoop()
    case 16: genericFor()
    case 17, 18: function()
    case 19: attempt()
    case 20: counter()
    case 21: gotoLoop()
    case 22 where !tables.isEmpty: method()
    default:
      put("do")
      block(statements: 4)
      put("end")
    }
  }

  private mutating func conditional() {
    put("if \(condition(1)) then")
    block(statements: 3)
    if chance(40) {
      put("elseif \(condition(1)) then")
      block(statements: 3)
    }
    if chance(50) {
      put("else")
      block(statements: 3)
    }
    put("end")
  }

  private mutating func looping(_ rounds: Int, _ body: (inout Self) -> Void) {
    let outer = (factor, loopDepth)
    factor *= rounds
    loopDepth += 1
    body(&self)
    (factor, loopDepth) = outer
  }

  private mutating func numericFor() {
    guard factor < 60 else { return declare("1") }
    let name = fresh("i")
    switch below(4) {
    case 0: put("for \(name) = \(below(3)) , \(below(6)) do")
    case 1: put("for \(name) = \(3 + below(3)) , 1 , - \(1 + below(2)) do")
    case 2: put("for \(name) = ( \(number(1)) ) % 3 , ( \(number(1)) ) % 5 do")
    default: put("for \(name) = # \"ab\" , ( \(number(1)) ) % 6 , 1 + \(below(2)) do")
    }
    looping(4) {
      $0.numbers.append(Variable(name: name, depth: $0.depth, isConstant: $0.chance(70)))
      $0.body(statements: 3)
    }
    put("end")
    numbers.removeAll { $0.name == name }
  }

  /// A body that hides nothing from what follows.
  private mutating func scoped(rounds: Int, statements: Int) {
    put("do")
    looping(rounds) { $0.block(statements: statements) }
    put("end")
  }

  /// The body of a loop, with what can leave it.
  private mutating func body(statements: Int) {
    let continues = chance(30)
    labelCount += 1
    let label = "l\(labelCount)"
    if continues { put("if \(condition(1)) then goto \(label) end") }
    block(statements: statements)
    if chance(20) { put("if \(condition(1)) then break end") }
    if chance(10) { put("if \(condition(0)) then return \(number(1)) end") }
    if continues { put(":: \(label) ::") }
  }

  private mutating func whileLoop() {
    guard factor < 60 else { return declare("2") }
    let name = fresh("w")
    put("local \(name) = 0")
    put("while \(name) < \(below(5)) do")
    put("\(name) = \(name) + 1")
    looping(4) { $0.body(statements: 3) }
    put("end")
  }

  private mutating func repeatLoop() {
    guard factor < 60 else { return declare("3") }
    let name = fresh("r")
    put("local \(name) = 0")
    put("repeat")
    put("\(name) = \(name) + 1")
    scoped(rounds: 4, statements: 3)
    let last = fresh("z")
    put("local \(last) = \(name) * 2")
    put("until \(last) > \(below(6))")
  }

  private mutating func genericFor() {
    guard factor < 60, !tables.isEmpty else { return declare("4") }
    let (key, value) = (fresh("k"), fresh("v"))
    put("for \(key) , \(value) in ipairs { \(number(1)) , \(number(1)) } do")
    looping(2) {
      $0.numbers.append(Variable(name: value, depth: $0.depth, isConstant: true))
      $0.body(statements: 3)
    }
    put("end")
    numbers.removeAll { $0.name == value }
  }

  private mutating func function() {
    guard factor < 20, depth < 4 else { return declare("5") }
    let name = fresh("f")
    callables.removeAll { $0.name == name }
    let (first, second) = (fresh("a"), fresh("b"))
    put(
      chance(50)
        ? "local function \(name) ( \(first) , \(second) , ... )"
        : "local \(name) = function ( \(first) , \(second) , ... )")
    let outer = (weight, factor, numbers, loopDepth)
    (weight, factor, loopDepth) = (1, 1, 0)
    depth += 1
    put("\(second) = \(second) or 0")
    numbers.append(Variable(name: first, depth: depth))
    numbers.append(Variable(name: second, depth: depth))
    block(statements: 5)
    put("return \(pick([number(2), "\(first) , ...", "...", call(1), text(1) + " == '' and 1 or 2"]))")
    depth -= 1
    let cost = weight
    (weight, factor, numbers, loopDepth) = outer
    put("end")
    callables.append(Callable(name: name, weight: cost))
  }

  private mutating func method() {
    let name = table()
    put("function \(name) \(pick([":", "."])) go ( a , ... )")
    put("return \(pick(["a", "( a or 1 ) + 1", "..."]))")
    put("end")
    put("print ( \(name) : go ( \(number(1)) , \(number(1)) ) )")
  }

  private mutating func attempt() {
    put("print ( try ( function ( ... )")
    let outer = (numbers, tables, callables)
    depth += 1
    put(
      pick([
        "local x = \(number(1)) + nil", "return \(number(2))", "local t = nil ; t . x = 1", "error ( 'here' )",
        "return nil .. \(number(1))", "for i = 1 , {} do end", "return nil * 2", "print ( # nil )",
        "return \(number(1)) < {}",
        "local t = { } t [ nil ] = \(number(0))", "return ~ {} , 1",
      ]))
    depth -= 1
    (numbers, tables, callables) = outer
    put("end ) )")
  }

  private mutating func counter() {
    let name = fresh("c")
    put("local \(name) = 0")
    put("\(name) = \(name) + 1")
    if chance(50) {
      put("( function ( ) \(name) = \(name) - \(pick(["1", "# 'ab'", "nil or 1"])) end ) ( )")
    }
    put("\(name) = \(name) \(pick(["+", "-", "*"])) 3")
    numbers.removeAll { $0.name == name }
    numbers.append(Variable(name: name, depth: depth))
  }

  private mutating func gotoLoop() {
    guard factor < 60 else { return declare("6") }
    labelCount += 1
    let (name, label) = (fresh("g"), "l\(labelCount)")
    put("do")
    put("local \(name) = 0")
    put(":: \(label) ::")
    put("\(name) = \(name) + 1")
    scoped(rounds: 3, statements: 2)
    put("if \(name) < 3 then goto \(label) end")
    put("end")
  }
}
