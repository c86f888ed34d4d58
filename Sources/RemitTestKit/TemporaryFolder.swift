import Glibc

/// A folder of files that is gone after the test.
package final class TemporaryFolder {
  package let path: String

  package init(_ files: [String: String] = [:]) {
    var template = Array("\(P_tmpdir)/remit-tests-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer in unsafe mkdtemp(buffer.baseAddress!) != nil }
    precondition(made, "a test needs a temporary folder")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for (name, text) in files { write(text, to: name) }
  }

  deinit {
    remove(path)
  }

  package func write(_ text: String, to name: String) {
    let parts = name.split(separator: "/")
    for count in 1..<max(parts.count, 1) {
      unsafe mkdir(path + "/" + parts.prefix(count).joined(separator: "/"), 0o755)
    }
    let file = unsafe open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(file >= 0, "a test file can be written")
    let bytes = Array(text.utf8)
    let written = unsafe bytes.withUnsafeBytes { bytes in unsafe Glibc.write(file, bytes.baseAddress, bytes.count) }
    precondition(written == bytes.count, "a test file can be written")
    close(file)
  }

  package func link(_ name: String, to target: String) {
    let status = unsafe symlink(target, path + "/" + name)
    precondition(status == 0, "a test can make a link")
  }

  /// Links are removed, not followed.
  private func remove(_ path: String) {
    if unsafe unlink(path) == 0 { return }
    if let stream = unsafe opendir(path) {
      while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
          unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { bytes in unsafe String(cString: bytes) }
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      unsafe closedir(stream)
    }
    unsafe rmdir(path)
  }
}
