import Testing

@testable import RemitWire

@Suite("Output bytes")
struct ByteWriterTests {
  @Test("bytes, texts and integers follow each other")
  func appends() {
    var writer = ByteWriter()
    writer.append(UInt8(ascii: "["))
    writer.append("static" as StaticString)
    writer.append("")
    writer.append("文")
    writer.append(Int.min)
    writer.append(0)
    writer.append(Int.max)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "[static文-922337203685477580809223372036854775807")
    #expect(writer.count == writer.bytes.count)
    let hasFailed = writer.hasFailed
    #expect(!hasFailed)
  }

  @Test("growing keeps what is there")
  func growth() {
    var writer = ByteWriter()
    var expected: [UInt8] = []
    for value in 0..<5000 {
      writer.append(value)
      writer.append(UInt8(ascii: ","))
      expected += Array("\(value),".utf8)
    }
    #expect(writer.bytes == expected)
    writer.truncate(to: 4)
    #expect(writer.bytes == Array("0,1,".utf8))
    writer.removeAll(capacityBytesMax: 16)
    #expect(writer.count == 0)
    writer.append("again" as StaticString)
    #expect(writer.bytes == Array("again".utf8))
  }

  @Test("JSON strings are quoted and escaped, and what is not UTF-8 is refused whole")
  func strings() {
    var writer = ByteWriter()
    writer.appendJSONString("")
    writer.appendJSONString("a \"quoted\" back\\slash\n\u{1}中")
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #""""a \"quoted\" back\\slash\n\u0001中""#)
    let before = writer.bytes
    let isText = writer.appendJSONString(([0x61, 0xFF] as [UInt8]).span)
    #expect(!isText)
    #expect(writer.bytes == before)
  }
}
