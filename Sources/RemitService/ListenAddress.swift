private import Glibc

/// What the text of an address tells before anything is opened or looked up.
extension ServiceConfiguration.TCPAddress {
  /// Why nothing can listen there; nil where only trying will tell.
  package var fault: String? {
    if host == "*" { return "expected HOST:PORT, with 0.0.0.0 or [::] for all addresses, got \"*:\(port)\"" }
    guard Self.ip(host) == nil else { return nil }
    if host.contains(":") { return "\(host) is no IPv6 address" }
    // No domain ends in a number.
    let last = host.split(separator: ".").last ?? ""
    return last.allSatisfy { $0.isASCII && $0.isNumber } ? "\(host) is no IPv4 address" : nil
  }

  /// The same for all addresses that are one.
  package var identity: String { "\(Self.ip(host).map { "\($0)" } ?? host.lowercased()):\(port)" }

  /// As messages name it.
  package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether only this machine reaches it; nil where that depends on what the host's name means.
  package var isLoopback: Bool? { host.lowercased() == "localhost" ? true : Self.isLoopback(host) }

  /// What is said of an address that others than this machine reach.
  package static func exposure(of address: String) -> String {
    "\(address) is no loopback address: whoever reaches it may ask for decisions"
  }

  /// - Returns: Nil where the text is no IP address.
  static func isLoopback(_ text: String) -> Bool? {
    guard let ip = ip(text) else { return nil }
    if ip.count == 4 { return ip[0] == 127 }
    // An IPv4 address may be written as one of IPv6.
    if ip.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) { return ip[12] == 127 }
    return ip == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// The 4 or 16 bytes that an IP address is, in all forms that the system takes without looking anything up; nil for anything else.
  private static func ip(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if unsafe inet_aton(text, &four) != 0 { return unsafe withUnsafeBytes(of: four) { unsafe Array($0) } }
    var sixteen = in6_addr()
    // Behind the sign stands a network interface.
    let address = String(text.prefix { $0 != "%" })
    guard unsafe inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
    return unsafe withUnsafeBytes(of: sixteen) { unsafe Array($0) }
  }
}

extension ServiceConfiguration.UnixAddress {
  /// Why nothing can listen at a path; nil where only trying will tell.
  package static func fault(of path: String) -> String? {
    let most = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
    return path.utf8.count <= most ? nil : "cannot listen on \(path): a socket's path has at most \(most) bytes"
  }

  /// The same for the ways to write a path, as far as they can be told without looking at folders.
  package static func identity(of path: String) -> String {
    (path.hasPrefix("/") ? "/" : "") + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}
