internal import RemitModel
internal import RemitWire

/// What a policy declares of one value: enough to know which other values it could have.
struct DeclaredType {
  private let view: JSONView
  /// True where the value or a record around it is marked as sensitive.
  let isSensitive: Bool

  init(_ view: JSONView, insideSensitive: Bool = false) {
    self.view = view
    isSensitive = insideSensitive || view["sensitive"]?.boolean == true
  }

  /// The word for it in a policy: `money`, `enum`, …
  var name: String { view["type"]?.string ?? "" }
  var isOptional: Bool { view["optional"]?.boolean ?? false }
  var min: Decimal? { view["min"].flatMap { Decimal($0.rawText) } }
  var max: Decimal? { view["max"].flatMap { Decimal($0.rawText) } }
  /// Of an `enum`, in the order of the declaration.
  var values: [String] { view["values"]?.elements.compactMap(\.string) ?? [] }

  /// Of a `record`, in the order of the declaration.
  var fields: [(name: String, type: DeclaredType)] {
    (view["fields"]?.elements ?? []).compactMap { field in
      guard let name = field["name"]?.string, let type = field["type"] else { return nil }
      return (name, DeclaredType(type, insideSensitive: isSensitive))
    }
  }

  /// True where it is sensitive, or something in it: then what stands in its place and does not fit is masked as a whole.
  var holdsSensitive: Bool {
    isSensitive || fields.contains { $0.type.holdsSensitive } || element?.holdsSensitive == true
  }

  /// Of what a `list` or a `map` holds.
  var element: DeclaredType? { view["of"].map { DeclaredType($0, insideSensitive: isSensitive) } }

  /// The type of what stands at these names inside of it; nil where nothing is declared.
  func type(at names: some Sequence<String>) -> DeclaredType? {
    var type = self
    for name in names {
      let inner: JSONView?
      if type.name == "record" {
        inner = type.view["fields"]?.elements.first { $0["name"]?.string == name }?["type"]
      } else {
        inner = type.view["of"]
      }
      guard let inner else { return nil }
      type = DeclaredType(inner, insideSensitive: type.isSensitive)
    }
    return type
  }
}
