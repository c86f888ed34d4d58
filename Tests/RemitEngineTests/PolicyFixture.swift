import Glibc
import RemitPolicy
import Testing

/// Writes `a/x.lua`, and its test where there is one, into a folder that `body` gets a loader for.
func withPolicy<Result>(
  _ text: String, tests: String? = nil, _ body: (PolicyLoader) throws -> Result
) throws -> Result {
  var template = Array("/tmp/remit-tests-XXXXXX".utf8CString)
  try #require(unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) != nil })
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let files = [("a/x.lua", text)] + (tests.map { [("a/x_test.lua", $0)] } ?? [])
  defer {
    for (name, _) in files { unsafe unlink("\(path)/\(name)") }
    unsafe rmdir("\(path)/a")
    unsafe rmdir(path)
  }
  try #require(unsafe mkdir("\(path)/a", 0o755) == 0)
  for (name, text) in files {
    let file = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o644)
    let bytes = Array(text.utf8)
    try #require(unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) } == bytes.count)
    close(file)
  }
  return try body(PolicyLoader(ModuleStore(folder: PolicyFolder(policies: path, plugins: "nothing"))))
}
