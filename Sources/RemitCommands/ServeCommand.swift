internal import ArgumentParser
private import FoundationEssentials
private import Glibc
private import Logging
private import RemitModel
private import RemitService

/// `remit serve`: the service.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer requests for decisions: JSON-RPC 2.0, one message a line.",
    discussion: """
      Listens where --listen, --unix, --http and --stdio say; each of the first three may be given several times. Once it is ready, a line on \
      standard error names each address, as in `remit: listening on 127.0.0.1:7400`. With port 0 the system picks one.

      All policies and plugins are loaded first; where one is broken the service does not start. What changes in their folders later is \
      compiled and tested, and then in force, or refused; SIGHUP asks for that. SIGTERM ends the service: what was received is answered.

      Every option but --config and --check-config may also be a variable of the environment (--unix-mode: REMIT_UNIX_MODE; several \
      values parted by commas) or a key of the configuration file ("unix_mode"; several values as a list). An option stands before \
      the environment, and that before the file.

      Exit status: 0 after SIGTERM or the end of standard input, 2 wrong usage or an address that cannot be had, 4 a policy could \
      not be loaded.
      """
  )

  @Option(
    help: ArgumentHelp("A configuration file in JSON. (default: what REMIT_CONFIG names, or none)", valueName: "file"))
  var config: String?

  @Flag(help: "Print every setting, its value and where that is from, load the policies, and end.")
  var checkConfig = false

  @OptionGroup var options: ServeOptions

  func run() throws {
    // A client that has gone is told by write(2).
    signal(SIGPIPE, SIG_IGN)
    // From here on it is a wish to reload; whoever sends it while policies are loaded is heard afterwards.
    HangupSignal.take()
    // What libraries would log is not for users.
    LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    // A library's own way to have every look at a setting written to a file, which complains on standard error where it cannot.
    unsafe unsetenv("CONFIG_ACCESS_LOG_FILE")
    let environment = ProcessInfo.processInfo.environment
    let path = config ?? environment["REMIT_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    let settings = Settings(
      flags: options.given, environment: environment, file: path.map(ConfigurationFile.init(reading:)),
      cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let log = ServiceLog.logger(settings)
    do {
      guard settings.problems.isEmpty else { throw CommandFailure(.usage, messages: settings.problems) }
      for warning in settings.warnings { log.warning("\(warning)") }
      let assembly = ServeAssembly(settings, log: log)
      if checkConfig { try assembly.check() } else { try assembly.run() }
    } catch let failure as CommandFailure where ServiceLog.isJSON(settings) {
      // Whoever reads objects is not told in words.
      for message in failure.messages { log.error("\(message)") }
      throw CommandFailure(failure.status)
    }
  }
}
