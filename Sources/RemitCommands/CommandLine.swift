private import ArgumentParser
internal import RemitModel

/// Runs one command and says what the process is to exit with.
///
/// - Parameter arguments: Without the program's name.
package func runCommandLine(_ arguments: [String]) -> Int32 {
  let status = run(arguments)
  guard let failure = Terminal.outputFailure else { return status.rawValue }
  for message in failure.messages { Terminal.error(message) }
  return failure.status.rawValue
}

private func run(_ arguments: [String]) -> ExitStatus {
  do {
    try StandardFiles.open()
    var command = try RemitCommand.parseAsRoot(arguments)
    try command.run()
    return .success
  } catch let failure as CommandFailure {
    for message in failure.messages { Terminal.error(message) }
    return failure.status
  } catch {
    // Help and version come this way too.
    guard RemitCommand.exitCode(for: error).isSuccess else {
      Terminal.error("\(oneLine(RemitCommand.message(for: error))) (see remit --help)")
      return .usage
    }
    let text = RemitCommand.fullMessage(for: error)
    Terminal.print(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    return .success
  }
}

/// As all our messages are: one line, lower case, no full stop.
private func oneLine(_ message: String) -> String {
  var text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  if text.hasSuffix(".") { text.removeLast() }
  // A word such as `--policy` or a quoted one stays as it is.
  if let first = text.first, first.isUppercase, text.dropFirst().first?.isLowercase == true {
    text = first.lowercased() + text.dropFirst()
  }
  return text
}

/// Why a command ends with another status than 0. Without messages it has said all it had to.
struct CommandFailure: Error {
  let status: ExitStatus
  var messages: [String] = []

  init(_ status: ExitStatus, _ messages: String...) {
    self.status = status
    self.messages = messages
  }

  init(_ status: ExitStatus, messages: [String]) {
    self.status = status
    self.messages = messages
  }
}
