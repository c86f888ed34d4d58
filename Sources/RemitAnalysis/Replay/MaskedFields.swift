internal import RemitLog
private import RemitLua
private import RemitModel
internal import RemitPolicy
internal import RemitWire

/// Which values of a policy's inputs a mask stands for, and what may stand in for them.
struct MaskedFields {
  /// A value that is not known.
  struct Hidden {
    let mask: LogLine.Mask
    /// What is declared of it now.
    let type: DeclaredType
  }

  private let version: [UInt8]
  private let declared: DeclaredType
  /// Of the version that lines were logged under, where that is another and at hand.
  private let former: (version: [UInt8], declared: DeclaredType)?

  /// - Parameter former: The policy as it may have been when lines were logged.
  /// - Returns: Nil where a declaration cannot be read.
  init?(_ policy: LoadedPolicy, former: LoadedPolicy?) {
    guard let declared = Self.input(of: policy) else { return nil }
    self.declared = declared
    version = Self.version(of: policy)
    self.former = former.flatMap { former in Self.input(of: former).map { (Self.version(of: former), $0) } }
  }

  private static func input(of policy: LoadedPolicy) -> DeclaredType? {
    (try? JSONView(policy.declarationJSON.array()))?["input"].map { DeclaredType($0) }
  }

  private static func version(of policy: LoadedPolicy) -> [UInt8] { Array(policy.version.description.utf8) }

  /// The values of a line that are masked and that the policy can read.
  ///
  /// - Returns: Nil where a value that was accepted then might be refused now, or where that cannot be told.
  func hidden(_ line: LogLine, _ masks: [LogLine.Mask]) -> [Hidden]? {
    let isSameVersion = unsafe line.version.map { unsafe $0.elementsEqual(version) } ?? false
    let logged = unsafe isSameVersion ? declared : declaredThen(line)
    var hidden: [Hidden] = []
    for mask in masks {
      let names = mask.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(ValuePath.unescaped)
      // Nobody reads what is not declared.
      guard let type = declared.type(at: names) else { continue }
      guard let logged, let was = logged.type(at: names) else { return nil }
      // What looks like a mask where nothing is sensitive is none.
      guard was.holdsSensitive else { continue }
      guard isSameVersion || type.acceptsAll(of: was) else { return nil }
      hidden.append(Hidden(mask: mask, type: type))
    }
    return hidden
  }

  private func declaredThen(_ line: LogLine) -> DeclaredType? {
    guard let former, let version = unsafe line.version, unsafe version.elementsEqual(former.version) else {
      return nil
    }
    return former.declared
  }
}
