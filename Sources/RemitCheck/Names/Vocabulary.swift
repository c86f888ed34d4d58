/// The names that the sandbox gives a policy.
///
/// The machine is the authority (`CRemitLua/vm.c`); Tests/EndToEndTests/test_check.py compares.
enum Vocabulary {
  /// Everything a policy may name without declaring it.
  static let globals: Set<String> = Set(libraries.keys).union(functions).union(declarationWords)

  static let functions: Set<String> = [
    "assert", "error", "getmetatable", "ipairs", "next", "object", "pairs", "pcall", "rawequal", "rawlen", "require",
    "select", "setmetatable", "tonumber", "tostring", "type",
  ]

  /// The words of declarations, which are there while a file is loaded.
  static let declarationWords: Set<String> = fieldTypes.union([
    "optional", "policy", "plugin", "test", "dataset", "decision_table",
  ])

  /// What a file of tests may name besides.
  static let testWords: Set<String> = ["absent", "null"]

  static let fieldTypes: Set<String> = [
    "text", "integer", "number", "money", "boolean", "date", "timestamp", "enum", "record", "list", "map",
  ]

  static let libraries: [String: Set<String>] = [
    "string": [
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse",
      "sub", "unpack", "upper",
    ],
    "table": ["concat", "insert", "move", "pack", "remove", "sort", "unpack"],
    "math": ["abs", "ceil", "floor", "fmod", "max", "min", "tointeger", "type"],
    "utf8": ["char", "charpattern", "codepoint", "codes", "len", "offset"],
    "decimal": ["abs", "ceil", "div", "floor", "format", "max", "min", "parse", "round"],
    "date": [
      "add_days", "add_months", "day", "days_between", "from_timestamp", "month", "of", "parse", "weekday", "year",
    ],
  ]

  static let datasetMethods: Set<String> = ["at", "find", "find_all", "rows"]

  static let contextFields: Set<String> = ["at"]

  /// What stock Lua has and a policy has not: who writes it knows Lua, and needs to hear that it is left out.
  static let stockGlobals: Set<String> = [
    "_G", "_VERSION", "collectgarbage", "coroutine", "debug", "dofile", "io", "load", "loadfile", "loadstring", "os",
    "package", "print", "rawget", "rawset", "warn", "xpcall",
  ]

  static let stockMembers: [String: Set<String>] = [
    "string": ["dump"],
    "math": [
      "acos", "asin", "atan", "cos", "deg", "exp", "huge", "log", "maxinteger", "mininteger", "modf", "pi", "rad",
      "random", "randomseed", "sin", "sqrt", "tan", "ult",
    ],
  ]
}
