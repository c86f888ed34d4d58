internal import RemitLua
internal import RemitModel

extension ModuleStore {
  /// Which dataset: the same bytes, declared alike.
  struct DatasetKey: Hashable, Sendable {
    let digest: [UInt8]
    let declaration: [UInt8]
  }

  /// What became of a dataset that was asked for.
  enum DatasetAnswer {
    case missing
    case broken(Diagnostic)
    /// The builder knows why.
    case refused(Ingredient)
    case ready(Dataset, Ingredient)
  }

  /// The datasets of one snapshot, and those of the one before, as long as somebody holds them.
  struct Datasets {
    private var own: [DatasetKey: Dataset] = [:]
    private var former: [DatasetKey: Former] = [:]

    private struct Former {
      weak var dataset: Dataset?
    }

    init() {}

    init(takingOver other: Datasets) {
      former = other.own.mapValues { Former(dataset: $0) }
    }

    var all: [Dataset] { Array(own.values) }

    subscript(key: DatasetKey) -> Dataset? {
      mutating get {
        if let known = own[key] { return known }
        guard let known = former[key]?.dataset else { return nil }
        own[key] = known
        return known
      }
      set { own[key] = newValue }
    }
  }
}
