import RemitCommands
import Testing

@Suite("Settings")
struct SettingsTests {
  /// A file with this text.
  private func file(_ text: String, path: String = "remit.json") -> ConfigurationFile {
    ConfigurationFile(Array(text.utf8), path: path)
  }

  private func settings(
    _ flags: [String: [String]] = [:], _ environment: [String: String] = [:], _ file: ConfigurationFile? = nil
  ) -> Settings {
    Settings(flags: flags, environment: environment, file: file, cores: 3)
  }

  @Test("The three names of a setting follow from one")
  func names() {
    let setting = SettingTable["unix_mode"]
    #expect(setting.flag == "--unix-mode")
    #expect(setting.variable == "REMIT_UNIX_MODE")
  }

  @Test("The names of the table differ, and what they have by default is what they accept")
  func table() {
    #expect(Set(SettingTable.all.map(\.name)).count == SettingTable.all.count)
    for setting in SettingTable.all {
      if case .value(let text) = setting.preset { #expect(setting.accepts(text), "\(setting.name)") }
      #expect(setting.name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(setting.name)")
    }
  }

  @Test(
    "Whoever stands before the others has the whole say",
    arguments: [
      (true, true, true, "1", Settings.Source.flag), (true, false, true, "1", .flag),
      (false, true, true, "2", .variable),
      (false, true, false, "2", .variable), (false, false, true, "3", .file(1)), (false, false, false, "60", .preset),
    ])
  func precedence(flag: Bool, variable: Bool, inFile: Bool, text: String, source: Settings.Source) {
    let found = settings(
      flag ? ["idle": ["1"]] : [:], variable ? ["REMIT_IDLE": "2"] : [:], inFile ? file(#"{"idle": 3}"#) : nil)
    #expect(found[SettingTable["idle"]].texts == [text])
    #expect(found[SettingTable["idle"]].source == source)
    #expect(found.number("idle") == Int(text))
    #expect(found.problems == [])
  }

  @Test(
    "There are as many threads as cores, but not without end", arguments: [(0, 1), (3, 3), (256, 256), (1000, 256)])
  func cores(count: Int, threads: Int) {
    let found = Settings(flags: [:], environment: [:], file: nil, cores: count)
    #expect(found.number("loops") == threads)
  }

  @Test("A list of the environment is parted by commas, with spaces around them or not")
  func lists() {
    let found = settings([:], ["REMIT_LISTEN": "127.0.0.1:1 ,[::1]:2"])
    #expect(found.texts("listen") == ["127.0.0.1:1", "[::1]:2"])
    #expect(settings([:], ["REMIT_LISTEN": ""]).texts("listen") == [])
  }

  @Test(
    "Paths are from the folder of the file",
    arguments: [
      ("remit.json", "x"), ("/etc/remit.json", "/etc/x"), ("a/b/remit.json", "a/b/x"), ("../remit.json", "../x"),
      ("/remit.json", "/x"),
    ])
  func paths(path: String, unix: String) {
    #expect(file(#"{"unix": ["x", "/y"]}"#, path: path).values["unix"]?.texts == [unix, "/y"])
  }

  @Test("A problem of each place names it, and all are told")
  func problems() {
    let found = settings(
      ["nesting": ["0"]], ["REMIT_WAITING": "many", "REMIT_LISTEN": "nowhere"], file("{\n\"drain\": -1\n}"))
    #expect(
      found.problems == [
        "remit.json:2: drain: expected a whole number from 0 to 86400, got -1",
        #"REMIT_LISTEN: expected HOST:PORT, such as 127.0.0.1:7400, got "nowhere""#,
        #"--nesting: expected a whole number from 1 to 1000, got "0""#,
        #"REMIT_WAITING: expected a whole number from 1 to 1000000, got "many""#,
      ])
  }

  @Test(
    "An address that is none is told from one that may be",
    arguments: [
      ("256.1.1.1", false), ("1.2.3.4.5", false), ("99999999999", false), ("*", false), ("[::zz]", false),
      ("[1::2::3]", false),
      ("127.0.0.1", true), ("127.1", true), ("[::]", true), ("[fe80::1%eth0]", true),
      ("localhost", true),
      ("host1.example", true), ("1.example", true), ("*.example", true),
    ])
  func hosts(host: String, isOne: Bool) {
    #expect(settings(["listen": ["\(host):0"]]).problems.isEmpty == isOne)
  }

  @Test("No text is read as a configuration and then dropped: cut anywhere, the file is refused")
  func tornFiles() {
    let whole = #"{"listen": ["127.0.0.1:7400"], "idle": 5, "stdio": true, "log_format": "json"}"#
    #expect(file(whole).problems == [])
    for count in 0..<whole.utf8.count {
      #expect(!file(String(whole.prefix(count))).problems.isEmpty, "\(count) bytes")
    }
  }

  @Test("The report says where each value is from, in columns")
  func report() {
    let found = settings(["idle": ["7"]], ["REMIT_DRAIN": "1"], file("{\n\"unix\": [\"s\"]}"))
    let lines = found.report
    #expect(lines.count == SettingTable.all.count + 1)
    func words(_ name: String) -> [Substring]? {
      lines.first { $0.hasPrefix("\(name) ") }.map { $0.split(separator: " ") }
    }
    #expect(words("idle") == ["idle", "7", "--idle"])
    #expect(words("drain") == ["drain", "1", "REMIT_DRAIN"])
    #expect(words("unix") == ["unix", "s", "remit.json:2"])
    #expect(words("waiting") == ["waiting", "1024", "default"])
    #expect(words("listen") == ["listen", "none", "default"])
  }
}
