/// What a policy says about itself: its contract with whoever asks it.
package struct PolicyDeclaration: Sendable {
  package var summary: String
  package var source: String?
  /// True where undeclared fields are refused.
  package var isStrict: Bool
  package var outcomes: [String]
  package var input: FieldType
  /// Nil where nothing of an input is sensitive.
  package var sensitive: SensitivePart?
  /// Nil where rows are decided one by one.
  package var group: Group?
  package var params: [Param]
  package var reasons: [Reason]

  /// Which rows are decided together: paths of fields.
  package struct Group: Sendable {
    /// Rows that are equal in all of these are a group.
    package var by: [String]
    /// What the rows of a group are sorted by; nil where they stay in the order of the input.
    package var order: String?
  }

  /// What an analyst may turn.
  package struct Param: Sendable {
    package var name: String
    package var type: String
    /// As JSON; nil where there is none.
    package var defaultJSON: [UInt8]?
    package var summary: String?
  }

  /// A code that a decision may cite, with its texts.
  package struct Reason: Sendable {
    package var code: String
    package var english: String?
    package var chinese: String?
  }
}

/// The type of a declared field.
package indirect enum FieldType: Sendable {
  case text
  case boolean
  /// `integer`, `number`, `money`: a number of JSON, or a text.
  case number(name: String)
  /// `date`, `timestamp`: a text of some form.
  case formattedText(name: String)
  /// `enum`: one of these texts.
  case choice(of: [String])
  case record([Field])
  case list(of: FieldType)
  case map(of: FieldType)

  package struct Field: Sendable {
    package var name: String
    package var type: FieldType
    package var isOptional: Bool
  }

  /// The word for it in a policy.
  package var name: String {
    switch self {
    case .text: "text"
    case .boolean: "boolean"
    case .number(let name), .formattedText(let name): name
    case .choice: "enum"
    case .record: "record"
    case .list: "list"
    case .map: "map"
    }
  }
}
