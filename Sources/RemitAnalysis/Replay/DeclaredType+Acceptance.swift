internal import RemitModel

extension DeclaredType {
  /// Whether every value that `other` accepts is accepted here too. False where that cannot be told: a member that only one of two records
  /// declares may have been anything.
  func acceptsAll(of other: DeclaredType) -> Bool {
    guard name == other.name, isOptional || !other.isOptional else { return false }
    switch name {
    case "boolean", "date", "timestamp": return true
    case "enum": return Set(other.values).isSubset(of: values)
    case "text", "integer", "number", "money": return hasRoom(for: other)
    case "list", "map":
      guard let element, let others = other.element else { return false }
      return hasRoom(for: other) && element.acceptsAll(of: others)
    case "record":
      let others = Dictionary(other.fields.map { ($0.name, $0.type) }) { first, _ in first }
      return fields.count == others.count && fields.allSatisfy { others[$0.name].map($0.type.acceptsAll) ?? false }
    default: return false
    }
  }

  /// Whether the bounds are no narrower.
  private func hasRoom(for other: DeclaredType) -> Bool {
    if let min {
      guard let least = other.min, min <= least else { return false }
    }
    if let max {
      guard let most = other.max, most <= max else { return false }
    }
    return true
  }
}
