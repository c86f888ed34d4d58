internal import ArgumentParser
private import Glibc
private import RemitAnalysis
private import RemitEngine
private import RemitModel
private import RemitPolicy
private import RemitWire

/// `remit explain`: one decision in words.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain one decision, and what would turn it.",
    discussion: """
      The outcome with its reasons, what the decision read, how the policy's conditions turned out, and the smallest change of a \
      single number, date, boolean or enum that would turn the outcome. The input is one JSON object, on one line or several.

      Exit status: 0 decided, 3 an error (its line is that of remit batch), 2 wrong usage or a file that cannot be read, 4 the \
      policy could not be loaded.
      """
  )

  enum Language: String, ExpressibleByArgument, CaseIterable {
    case en, zh
  }

  @OptionGroup var decision: DecisionOptions

  @Option(help: "The language of the words.")
  var lang = Language.en

  @Flag(help: "Write one JSON object.")
  var json = false

  @OptionGroup var folders: FolderOptions

  @Argument(help: ArgumentHelp("The transaction; - or nothing is standard input.", valueName: "file"))
  var file: String?

  func run() throws {
    let paramsJSON = try decision.paramsJSON()
    let at = decision.time
    let loader = try folders.loader()
    let explainer: Explainer
    do {
      let (loaded, _) = try loader.load(named: decision.policy)
      if loaded.declaration.group != nil {
        throw CommandFailure(
          .usage,
          "\(loaded.name) decides rows together, and one row alone cannot be explained (remit batch decides them)")
      }
      explainer = try Explainer(loaded, params: paramsJSON, at: at)
    } catch let error as PolicyLoadError {
      throw CommandFailure(error)
    } catch let error as EngineError {
      throw CommandFailure(error.code.exitStatus, error.description)
    }
    let input = try readInput()
    let answer: Explainer.Answer
    do {
      answer = try explainer.explain(input)
    } catch {
      throw CommandFailure(error.code.exitStatus, error.description)
    }
    switch answer {
    case .failed(let line):
      Terminal.print(line)
      throw CommandFailure(.linesInError)
    case .explained(let explanation):
      if json {
        Terminal.print(explanation.json + [UInt8(ascii: "\n")])
      } else {
        let language: ExplanationLanguage = lang == .zh ? .chinese : .english
        for line in explanation.lines(language, width: Terminal.outputColumns) { Terminal.print(line) }
      }
    }
  }

  /// The whole input, without a byte order mark and the white space around it.
  private func readInput() throws -> [UInt8] {
    let source = try InputFile(file)
    if file == nil && Terminal.inputIsTerminal {
      Terminal.error("reading one transaction from standard input; control-D ends it")
    }
    var bytes: [UInt8] = []
    do throws(StreamError) {
      // White space around it does not count.
      bytes = try source.stream.readAll(past: 2 * Limits().lineBytesMax)
    } catch {
      throw CommandFailure(.usage, error.description)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    while bytes.last.map(isSpace) == true { bytes.removeLast() }
    bytes = Array(bytes.drop(while: isSpace))
    guard !bytes.isEmpty else { throw CommandFailure(.usage, "there is no transaction in \(source.name)") }
    if Self.holdsSeveral(bytes) {
      throw CommandFailure(
        .usage, "\(source.name) holds more than one transaction: give one, such as what head -n 1 prints of it")
    }
    return bytes
  }

  /// True for lines of JSON, one value each, which are no JSON together.
  private static func holdsSeveral(_ bytes: [UInt8]) -> Bool {
    guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return false }
    return (try? JSONView(bytes[..<newline])) != nil && (try? JSONView(bytes)) == nil
  }
}
