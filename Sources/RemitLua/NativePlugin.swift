import CRemitLua
private import RemitModel

/// The library of a native plugin, loaded. Any thread may have it, and it is never unloaded.
@safe package final class NativePlugin: @unchecked Sendable {
  /// As policies know it, without `plugin.`.
  package let name: String
  // SAFETY: made once, never changed, never freed.
  let library: OpaquePointer

  /// Loads the library that the bytes are.
  ///
  /// Its own code runs from here on, in this process.
  package init(_ bytes: ByteBlock, name: String) throws(LuaError) {
    let size = 1024
    var message = [CChar](repeating: 0, count: size)
    // SAFETY: `message` has `size` bytes and ends in a zero byte after the call.
    let library = unsafe message.withUnsafeMutableBufferPointer { message in
      unsafe remit_native_load(bytes.slice, name, message.baseAddress, size)
    }
    guard let library = unsafe library else {
      let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw LuaError(code: .policyError, message: String(decoding: words, as: UTF8.self))
    }
    self.name = name
    unsafe self.library = library
  }

  /// The plugin's own version.
  package var release: String { unsafe String(cString: remit_native_release(library)) }
}
