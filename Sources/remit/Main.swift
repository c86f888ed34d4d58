private import Glibc
private import RemitCommands

@main
struct Main {
  static func main() {
    exit(runCommandLine(Array(CommandLine.arguments.dropFirst())))
  }
}
