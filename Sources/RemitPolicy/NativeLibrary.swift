private import Crypto
package import RemitLua
private import RemitModel
private import Synchronization

/// A native plugin, with what its bytes count for in versions.
package struct NativeLibrary: Sendable {
  package let plugin: NativePlugin
  let length: Int
  let digest: [UInt8]

  package struct LoadError: Error, CustomStringConvertible {
    package let description: String
  }

  private struct Key: Hashable {
    let name: String
    let digest: [UInt8]
  }

  /// What this process has loaded: libraries stay, so that each is loaded once.
  private static let loaded = Mutex([Key: NativePlugin]())

  /// Reads and loads a library, unless the same one was loaded before.
  ///
  /// - Parameter path: Of the file; symbolic links are followed.
  package init(name: String, path: String, bytesMax: Int = 256 << 20) throws(LoadError) {
    guard let real = Folder.resolve(path), let slash = real.lastIndex(of: "/") else {
      throw LoadError(description: "\(path): no such file")
    }
    let folder = Folder(slash == real.startIndex ? "/" : String(real[..<slash]))
    let bytes: ByteBlock
    do throws(Folder.ReadError) {
      guard let found = try folder.read(String(real[real.index(after: slash)...]), bytesMax: bytesMax) else {
        throw Folder.ReadError(description: "no such file")
      }
      bytes = found
    } catch {
      throw LoadError(description: "\(path): \(error.description)")
    }
    length = bytes.count
    // SAFETY: the block lives through the call.
    digest = unsafe Array(SHA256.hash(data: UnsafeRawBufferPointer(bytes.bytes)))
    let key = Key(name: name, digest: digest)
    do throws(LuaError) {
      plugin = try Self.loaded.withLock { (loaded) throws(LuaError) in
        if let known = loaded[key] { return known }
        let plugin = try NativePlugin(bytes, name: name)
        loaded[key] = plugin
        return plugin
      }
    } catch {
      throw LoadError(description: "\(path): \(error.message)")
    }
  }
}
