import RemitModel
import RemitWire
import Testing

@testable import RemitAnalysis

@Suite("Days, paths, inputs and their values")
struct ValueTests {
  @Test("Every day of ten thousand years is read and written")
  func days() throws {
    #expect(CalendarDay("1970-01-01")?.number == 0)
    #expect(CalendarDay("2025-06-15")?.number == 20_254)
    var year = 1
    var month = 1
    var day = 1
    let monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    for number in CalendarDay.first...CalendarDay.last {
      if number % 7 == 0 || month == 2 {
        let shown = try #require(CalendarDay(number: number)).description
        #expect(shown == padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2))
        #expect(CalendarDay(shown)?.number == number)
      }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > monthDays[month - 1] + (month == 2 && isLeap ? 1 : 0) { (day, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
    #expect(year == 10_000)
    #expect(CalendarDay(number: CalendarDay.last + 1) == nil)
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    String(repeating: "0", count: width - String(number).count) + String(number)
  }

  @Test(
    "What is no day is none",
    arguments: [
      "2025-02-29", "2025-13-01", "2025-00-01", "2025-01-00", "2025-01-32", "0000-01-01", "2025-1-1", "", "2025/01/01",
      "x025-01-01",
    ])
  func noDays(text: String) {
    #expect(CalendarDay(text) == nil)
  }

  @Test("Paths of a trace are taken apart")
  func paths() {
    #expect(ValuePath("/amount").words == "amount")
    #expect(ValuePath("/lines/0/a~1b~0").names == ["lines", "0", "a/b~"])
    #expect(ValuePath("/lines/0/price").words == "lines[1].price")
    #expect(ValuePath("$params/limit").source == .params)
    #expect(ValuePath("$context/at").source == .context)
    let row = ValuePath("$data/data/limits.csv/7/limit")
    #expect(row.source == .data(file: "data/limits.csv", row: 7))
    #expect(row.names == ["limit"])
    #expect(ValuePath("$data/m.csv/12").source == .data(file: "m.csv", row: 12))
    #expect(ValuePath("$data/m.csv/12").names.isEmpty)
  }

  @Test("One value is exchanged, and all else stays as it was written")
  func editing() throws {
    let text = #" { "a" : 1.50,"b":{ }, "l":[ {"x\u002f":true} , 2 ],"n":null} "#
    let input = try #require(EditableInput(Array(text.utf8)))
    func set(_ path: String, _ json: String) -> String? {
      input.place(ValuePath(path)).map { String(decoding: input.setting($0, to: Array(json.utf8)), as: UTF8.self) }
    }
    #expect(set("/a", "2") == #" { "a" : 2,"b":{ }, "l":[ {"x\u002f":true} , 2 ],"n":null} "#)
    #expect(set("/l/0/x~1", "false") == #" { "a" : 1.50,"b":{ }, "l":[ {"x\u002f":false} , 2 ],"n":null} "#)
    #expect(set("/l/1", "3") == #" { "a" : 1.50,"b":{ }, "l":[ {"x\u002f":true} , 3 ],"n":null} "#)
    #expect(set("/n", "1") == #" { "a" : 1.50,"b":{ }, "l":[ {"x\u002f":true} , 2 ],"n":1} "#)
    #expect(set("/b/c\"", "1") == #" { "a" : 1.50,"b":{ "c\"":1}, "l":[ {"x\u002f":true} , 2 ],"n":null} "#)
    #expect(set("/z", "1") == #" { "a" : 1.50,"b":{ }, "l":[ {"x\u002f":true} , 2 ],"n":null,"z":1} "#)
    #expect(set("/y/z", "1") == nil)
    #expect(set("/l/5", "1") == nil)
    #expect(set("/a/b", "1") == nil)
    #expect(EditableInput(Array("{".utf8)) == nil)
  }

  private func grid(_ type: String, _ written: String, constants: [String] = []) throws -> FieldGrid? {
    FieldGrid(
      DeclaredType(try JSONView(type)), written: try JSONView(written), constants: constants.compactMap { Decimal($0) })
  }

  private func value(_ grid: FieldGrid?, _ steps: Int) -> String? {
    grid?.json(at: steps).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("A number's grid is as fine as its type, itself and its bounds")
  func numberGrids() throws {
    #expect(value(try grid(#"{"type":"money"}"#, "5"), 1) == "5.01")
    #expect(value(try grid(#"{"type":"money"}"#, "\"5.5\""), -50) == "\"5.00\"")
    #expect(value(try grid(#"{"type":"money"}"#, "5.125"), 1) == "5.126")
    #expect(value(try grid(#"{"type":"money","max":9.9995}"#, "5"), 1) == "5.0001")
    #expect(value(try grid(#"{"type":"money"}"#, "5", constants: ["0.00001"]), 1) == "5.01")
    #expect(value(try grid(#"{"type":"number"}"#, "5", constants: ["0.125", "7"]), 1) == "5.001")
    #expect(value(try grid(#"{"type":"integer"}"#, "5.0"), 2) == "7.0")
    #expect(value(try grid(#"{"type":"number"}"#, "5e1"), -1) == "49")
    #expect(value(try grid(#"{"type":"text"}"#, "\"x\""), 1) == nil)
  }

  @Test("It ends at the declared bounds")
  func bounds() throws {
    let money = try #require(try grid(#"{"type":"money","min":0,"max":100}"#, "99.995"))
    #expect(money.stepsUp == 5)
    #expect(money.stepsDown == 99_995)
    let whole = try #require(try grid(#"{"type":"integer"}"#, "9007199254740991"))
    #expect(whole.stepsUp == 0)
    let day = try #require(try grid(#"{"type":"date"}"#, "\"9999-12-30\""))
    #expect((day.stepsUp, day.stepsDown) == (1, 36_525))
    #expect(value(day, 1) == "\"9999-12-31\"")
  }

  @Test("Constants give hints at them and beside them, within the bounds")
  func hints() throws {
    let money = try #require(try grid(#"{"type":"money","min":0,"max":200}"#, "100"))
    let up = money.hints(up: true, numbers: ["150.5", "1e20", "-3"].compactMap { Decimal($0) }, days: [])
    #expect(Set([5_049, 5_050, 5_051]).isSubset(of: up))
    #expect(up.allSatisfy { (1...10_000).contains($0) })
    let down = money.hints(up: false, numbers: [Decimal(99)], days: [])
    #expect(Set([99, 100, 101]).isSubset(of: down))
    let day = try #require(try grid(#"{"type":"date"}"#, "\"2025-06-15\""))
    #expect(day.hints(up: false, numbers: [], days: [CalendarDay("2025-06-10")].compactMap(\.self)) == [4, 5, 6])
  }

  @Test("A change is as large as its part of the value")
  func sizes() throws {
    let money = try #require(try grid(#"{"type":"money"}"#, "4380"))
    #expect(money.relativeChange(by: -138_000) == Decimal("0.315068"))
    #expect(money.change(by: -138_000) == Decimal(-1380))
    let zero = try #require(try grid(#"{"type":"money"}"#, "0"))
    #expect(zero.relativeChange(by: 5) == Decimal(1))
    let day = try #require(try grid(#"{"type":"date"}"#, "\"2025-06-15\""))
    #expect(day.relativeChange(by: 73) == Decimal("0.2"))
  }

  @Test("Lines break at spaces, and where there are none anywhere")
  func wrapping() {
    #expect(TextColumns.wrapped("one two three", indent: 2, width: 10) == ["  one two", "    three"])
    #expect(TextColumns.width("金额 a") == 6)
    for text in ["超过申请人的授权额度,需要上级审批。", "x" + String(repeating: "y", count: 50), "a 超过申请人的授权额度 b"] {
      let lines = TextColumns.wrapped(text, indent: 2, width: 14)
      #expect(lines.allSatisfy { TextColumns.width($0) <= 14 })
      let joined = lines.map { $0.drop { $0 == " " } }.joined()
      #expect(joined.filter { $0 != " " } == text.filter { $0 != " " })
    }
    #expect(TextColumns.cut("abcdef", to: 4) == "abc…")
    #expect(TextColumns.cut("金额金额", to: 4) == "金…")
    #expect(TextColumns.wrapped("", indent: 2, width: 10) == ["  "])
  }
}
