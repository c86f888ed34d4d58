private import RemitAnalysis
package import RemitEngine
private import RemitModel
package import RemitPolicy
private import RemitWire

/// Explains a decision of a request as `remit explain --json` does.
package final class RequestExplainer: DecisionExplainer {
  package init() {}

  package func explain(
    _ input: [UInt8], by policy: LoadedPolicy, params: [UInt8], at: String
  ) throws(EngineError) -> [UInt8] {
    let explainer = try Explainer(policy, params: params, at: at)
    switch try explainer.explain(input) {
    case .explained(let explanation):
      return explanation.json
    case .failed(let line):
      let error = (try? JSONView(line))?["error"]?["message"]?.string
      throw EngineError(code: .internalError, message: "explain: \(error ?? "there is no decision to explain")")
    }
  }
}
