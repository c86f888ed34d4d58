private import Crypto
private import RemitWire

/// Masks values and, where there is a key, keeps them encrypted. One recorder has it, on one thread.
struct LineSealer {
  private let session: [UInt8]
  private let key: SymmetricKey
  private var nonce: UInt64 = 0
  private var salt: [UInt8] = []
  /// The salt and the line's values, with their lengths.
  private var text: [UInt8] = []
  private var count = 0

  init(_ key: LogKey) {
    session = Self.random(Seal.sessionBytes)
    self.key = Seal.sessionKey(key, session)
  }

  private static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// Begins a line, which has a salt of its own.
  mutating func start() {
    salt = Self.random(Seal.saltBytes)
    text.removeAll(keepingCapacity: true)
    text.append(contentsOf: salt)
    count = 0
  }

  /// Takes a value, and gives what stands in its place.
  mutating func commitment(to value: UnsafeRawBufferPointer) -> [UInt8] {
    let commitment = unsafe Seal.commitment(salt: salt, place: count, value)
    text.append(contentsOf: Seal.littleEndian(value.count))
    unsafe text.append(contentsOf: value)
    count += 1
    return commitment
  }

  /// The line's values under the key, in base64; nil where nothing was masked.
  ///
  /// - Parameter input: As masked.
  mutating func sealed(beside input: UnsafeRawBufferPointer) -> [UInt8]? {
    guard count > 0 else { return nil }
    nonce += 1
    let counted = [UInt8](repeating: 0, count: 4) + (0..<8).map { UInt8(nonce >> (56 - 8 * UInt64($0)) & 0xFF) }
    do {
      let box = try AES.GCM.seal(
        text, using: key, nonce: AES.GCM.Nonce(data: counted), authenticating: unsafe Array(input))
      return Base64.text(session + counted + Array(box.ciphertext) + Array(box.tag))
    } catch {
      preconditionFailure("a key of 32 bytes and a nonce of 12 encrypt any text: \(error)")
    }
  }
}
