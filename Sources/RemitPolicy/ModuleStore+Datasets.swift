internal import RemitLua
internal import RemitModel

extension ModuleStore {
  /// Which dataset: the same bytes, declared alike.
  struct DatasetKey: Hashable, Sendable {
    let digest: [UInt8]
    let declaration: [UInt8]
  }

  /// What became of a dataset that was asked for.
  enum DatasetAnswer: Sendable {
    case missing
    case broken(Diagnostic)
    /// The builder knows why.
    case refused(Ingredient)
    case ready(Dataset, Ingredient)
  }

  /// The datasets of one snapshot, and those of the ones before, as long as somebody holds them.
  struct Datasets: Sendable {
    private var own: [DatasetKey: Dataset] = [:]
    private var former: [DatasetKey: Former] = [:]

    private struct Former: Sendable {
      weak var dataset: Dataset?
    }

    init() {}

    init(takingOver other: Datasets) {
      former = other.former.filter { $1.dataset != nil }
      for (key, dataset) in other.own { former[key] = Former(dataset: dataset) }
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
