private import RemitModel
internal import RemitWire

extension RequestEvaluator {
  /// The methods that there are.
  enum Method: CaseIterable {
    case decide, decideBatch, whatif, policies, health, reload, rollback

    var name: StaticString {
      switch self {
      case .decide: "decide"
      case .decideBatch: "decide_batch"
      case .whatif: "whatif"
      case .policies: "policies"
      case .health: "health"
      case .reload: "admin.reload"
      case .rollback: "admin.rollback"
      }
    }

    /// The members of `params`, those that must be there first.
    private var members: (required: [RPCEnvelope.Member], optional: [RPCEnvelope.Member]) {
      switch self {
      case .decide: ([.policy, .input], [.params, .at, .explain])
      case .decideBatch: ([.policy, .inputs], [.params, .at])
      case .whatif: ([.policy, .inputs, .changes], [.at])
      case .policies, .health, .reload: ([], [])
      case .rollback: ([.snapshot], [])
      }
    }

    /// Its place among `RequestKind.methods`.
    var ordinal: Int {
      switch self {
      case .decide: 0
      case .decideBatch: 1
      case .whatif: 2
      case .policies: 3
      case .health: 4
      case .reload: 5
      case .rollback: 6
      }
    }

    private static let decideRequired = RPCEnvelope.Members(.policy, .input)
    private static let decideKnown = RPCEnvelope.Members(.policy, .input, .params, .at, .explain)

    var isForAdmin: Bool { self == .reload || self == .rollback }

    /// Whether it is no work for an event loop.
    var mayTakeLong: Bool { self == .decideBatch || isForAdmin }

    /// The method that a request names. The one that is named most is looked for first, without the list of all.
    init?(_ envelope: RPCEnvelope) {
      if unsafe envelope.methodIs(Self.decide.name) {
        self = .decide
        return
      }
      guard let method = Self.allCases.first(where: { unsafe envelope.methodIs($0.name) }) else { return nil }
      self = method
    }

    /// Of a request that names none. What is not there for the asker is not advertised.
    static func unknown(_ name: UnsafeRawBufferPointer, admin: Bool) -> String {
      let there = allCases.filter { $0 != .whatif && (admin || !$0.isForAdmin) }
      let known = there.map { "\($0.name)" }.joined(separator: ", ")
      return unsafe "no method \"\(shown(name))\" (there are \(known))"
    }

    /// What is wrong with the members of `params`; nil where each has a place here and none is missing.
    ///
    /// - Parameter transport: Over HTTP the params are the body.
    func problem(with envelope: RPCEnvelope, _ kind: RPCEnvelope.Kind, by transport: Transport) -> String? {
      let present = unsafe envelope.present
      if kind == .request, unsafe envelope.stranger == nil, self == .decide,
        present.isSuperset(of: Self.decideRequired),
        Self.decideKnown.isSuperset(of: present)
      {
        return nil
      }
      if kind == .invalidParams { return unsafe envelope.problem }
      let members = members
      let whole = transport == .http ? "the body" : "params"
      let known = members.required + members.optional
      let list = known.isEmpty ? "none" : known.map { "\($0)" }.joined(separator: ", ")
      if let stranger = unsafe envelope.stranger {
        return unsafe "\(Self.shown(stranger)): no such member of \(whole) (\(name) has \(list))"
      }
      for member in RPCEnvelope.Member.allCases where unsafe envelope[member] != nil && !known.contains(member) {
        return "\(member): no such member of \(whole) (\(name) has \(list))"
      }
      for member in members.required where unsafe envelope[member] == nil {
        return "\(member): missing in \(whole) (\(name) has \(list))"
      }
      return nil
    }

    /// The beginning of a name that a client has made up.
    private static func shown(_ name: UnsafeRawBufferPointer) -> String {
      let text = unsafe JSONBytes.unescaped(name)
      return text.count > 64 ? text.prefix(64) + "…" : text
    }
  }
}
