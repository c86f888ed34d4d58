import RemitPolicy
import RemitTestKit

/// Writes `a/x.lua`, and its test where there is one, into a folder that `body` gets a loader for.
func withPolicy<Result>(
  _ text: String, tests: String? = nil, _ body: (PolicyLoader) throws -> Result
) rethrows -> Result {
  let folder = TemporaryFolder(["a/x.lua": text])
  if let tests { folder.write(tests, to: "a/x_test.lua") }
  defer { withExtendedLifetime(folder) {} }
  return try body(PolicyLoader(ModuleStore(folder: PolicyFolder(policies: folder.path, plugins: "nothing"))))
}
