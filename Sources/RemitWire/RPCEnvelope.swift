import CRemitJSON

/// A JSON-RPC 2.0 request whose parts lie in the bytes that it was read from, and are good for as long as those.
///
/// Reading allocates nothing.
@unsafe package struct RPCEnvelope {
  private var raw = unsafe remit_envelope()

  /// What the bytes are.
  package enum Kind: Equatable {
    case request
    /// An array of requests; its elements are to be read one by one.
    case batch
    /// JSON, but no request: why.
    case invalidRequest
    /// A request whose `params` are none: why.
    case invalidParams
    /// Not JSON: why, and at which byte from 0.
    case notJSON(message: String, offset: Int)
  }

  /// A member of `params` that some method knows.
  package enum Member: Int, CaseIterable, Sendable {
    case policy, input, inputs, params, at, explain, changes, snapshot
  }

  /// Some members.
  package struct Members: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    package init(_ members: Member...) {
      rawValue = members.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    }
  }

  package init() {}

  /// Reads a request, or a batch.
  ///
  /// - Parameters:
  ///   - bytes: One line without its newline, or an element of a batch, with `REMIT_JSON_PADDING` readable bytes behind it.
  ///   - depthMax: How deep each member of `params` may be.
  ///   - trusting: Whether `input` may be passed without being validated: then the request is valid only if that turns out to be, and
  ///     who decodes it must tell. Otherwise every byte of the request has been validated.
  package mutating func read(_ bytes: UnsafeRawBufferPointer, depthMax: Int, trusting: Bool = false) -> Kind {
    var fault: UnsafePointer<UInt8>?
    // SAFETY: the caller vouches for the bytes and the padding behind them.
    let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let slice = unsafe remit_slice(bytes: base, length: bytes.count)
    let status = unsafe remit_envelope_read(slice, UInt32(clamping: depthMax), trusting, &raw, &fault)
    guard status == REMIT_JSON_OK else {
      let offset = unsafe fault.flatMap { fault in unsafe base.map { unsafe fault - $0 } } ?? 0
      return .notJSON(message: unsafe String(cString: remit_json_status_text(status)), offset: offset)
    }
    switch unsafe raw.problem {
    case REMIT_ENVELOPE_INVALID_REQUEST: return .invalidRequest
    case REMIT_ENVELOPE_INVALID_PARAMS: return .invalidParams
    default: return unsafe raw.is_batch ? .batch : .request
    }
  }

  /// Why it is invalid.
  package var problem: String { unsafe raw.words.map { unsafe String(cString: $0) } ?? "" }

  /// False where nothing is to be answered, if the request is valid.
  package var hasID: Bool { unsafe raw.has_id }

  /// As written; empty where there is none that can be echoed.
  package var id: UnsafeRawBufferPointer { unsafe Self.bytes(raw.id.bytes, raw.id.length) }

  /// The method's name as written between its quotes.
  package var method: UnsafeRawBufferPointer { unsafe Self.bytes(raw.method.bytes, raw.method.length) }

  /// True where the method's name means that word.
  package func methodIs(_ word: StaticString) -> Bool {
    var method = unsafe raw.method
    return word.withUTF8Buffer { word in
      // SAFETY: a static text is not changed by who reads it as characters.
      unsafe word.withMemoryRebound(to: CChar.self) { unsafe remit_json_string_is(&method, $0.baseAddress, $0.count) }
    }
  }

  /// A member of `params` as written; nil where it is absent.
  package subscript(member: Member) -> UnsafeRawBufferPointer? {
    let value = unsafe withUnsafeBytes(of: raw.members) { members in
      // SAFETY: the members stand there one behind the other, in the order of the cases.
      unsafe members.assumingMemoryBound(to: remit_slice.self)[member.rawValue]
    }
    return unsafe value.bytes == nil ? nil : unsafe Self.bytes(value.bytes, value.length)
  }

  /// Those that are there.
  package var present: Members { Members(rawValue: unsafe raw.present) }

  /// The first key in `params` that no method knows, as written between its quotes.
  package var stranger: UnsafeRawBufferPointer? {
    unsafe raw.stranger.bytes == nil ? nil : unsafe Self.bytes(raw.stranger.bytes, raw.stranger.length)
  }

  private static func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> UnsafeRawBufferPointer {
    // SAFETY: the parts of an envelope lie in the bytes that it was read from.
    unsafe UnsafeRawBufferPointer(start: start, count: count)
  }
}
