internal import RemitWire

/// A declared type as a generator needs it: with its bounds.
indirect enum InputShape: Sendable {
  case text(length: ClosedRange<Int>)
  /// In steps: see `Scaled`.
  case number(places: Int, range: ClosedRange<Int>)
  case boolean
  case date, timestamp
  case choice([String])
  case record([Member])
  case list(InputShape, count: ClosedRange<Int>)
  case map(InputShape, count: ClosedRange<Int>)

  struct Member: Sendable {
    var name: String
    var shape: InputShape
    var isOptional: Bool
  }

  /// Without a bound of their own, texts have at most so many characters here, and lists so many elements: more of the same tells
  /// nothing new.
  private static let lengthMax = 12
  private static let countMax = 5

  /// - Parameter view: A type as a declaration's JSON has it; nil where that is something else.
  init?(_ view: JSONView) {
    func bound(_ name: String) -> String? { view[name]?.rawText }
    func counts(_ most: Int) -> ClosedRange<Int> {
      let least = max(0, bound("min").flatMap { Scaled.value($0, places: 0) } ?? 0)
      let given = bound("max").flatMap { Scaled.value($0, places: 0) } ?? most
      return least...max(least, min(given, max(most, least)))
    }
    switch view["type"]?.string {
    case "text":
      // A short bound is worth being met.
      let most = bound("max").flatMap { Scaled.value($0, places: 0) } ?? Self.lengthMax
      self = .text(length: counts(most <= 64 ? most : Self.lengthMax))
    case "boolean": self = .boolean
    case "date": self = .date
    case "timestamp": self = .timestamp
    case let name? where ["integer", "number", "money"].contains(name):
      let bounds = [bound("min"), bound("max")]
      let places = name == "integer" ? 0 : min(6, max(2, bounds.compactMap { $0 }.map(Scaled.places).max() ?? 0))
      let low = bounds[0].flatMap { Scaled.value($0, places: places) } ?? -Scaled.most
      let high = bounds[1].flatMap { Scaled.value($0, places: places) } ?? Scaled.most
      self = .number(places: places, range: low...max(low, high))
    case "enum": self = .choice(view["values"]?.elements.compactMap(\.string) ?? [])
    case "record":
      var members: [Member] = []
      for field in view["fields"]?.elements ?? [] {
        guard let name = field["name"]?.string, let type = field["type"], let shape = InputShape(type) else {
          return nil
        }
        members.append(Member(name: name, shape: shape, isOptional: type["optional"]?.boolean ?? false))
      }
      self = .record(members)
    case "list":
      guard let element = view["of"].flatMap({ InputShape($0) }) else { return nil }
      self = .list(element, count: counts(Self.countMax))
    case "map":
      guard let element = view["of"].flatMap({ InputShape($0) }) else { return nil }
      self = .map(element, count: counts(Self.countMax))
    default: return nil
    }
  }
}
