private import RemitWire

/// Findings as a SARIF 2.1.0 document, which editors and CI systems read.
package enum SARIFReport {
  /// - Parameters:
  ///   - version: The program's.
  ///   - policies: The folder that the findings' files are named from, as the user named it.
  ///   - plugins: That of the files `plugins/…`.
  package static func document(
    _ findings: [Finding], version: String, policies: String, plugins: String
  ) -> [UInt8] {
    var out = ByteWriter()
    out.append("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{")
    out.append("\"tool\":{\"driver\":{\"name\":\"remit\",\"version\":")
    out.appendJSONString(version)
    out.append(",\"rules\":[")
    for (index, rule) in Rule.allCases.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out.append("{\"id\":")
      out.appendJSONString(rule.rawValue)
      out.append(",\"shortDescription\":{\"text\":")
      out.appendJSONString(rule.summary)
      out.append("},\"defaultConfiguration\":{\"level\":")
      out.appendJSONString(rule.severity.rawValue)
      out.append("}}")
    }
    out.append("]}},\"columnKind\":\"unicodeCodePoints\",\"originalUriBaseIds\":{\"POLICIES\":")
    append(base: policies, to: &out)
    out.append(",\"PLUGINS\":")
    append(base: plugins, to: &out)
    out.append(",\"ROOT\":{\"description\":{\"text\":\"The folder in which remit was run.\"}}},\"results\":[")
    for (index, finding) in findings.enumerated() {
      out.append(index > 0 ? ",\n" : "\n")
      append(finding, to: &out)
    }
    out.append("\n]}]}\n")
    return out.bytes
  }

  private static func append(base folder: String, to out: inout ByteWriter) {
    out.append("{\"uri\":")
    let path = folder.hasSuffix("/") ? folder : folder + "/"
    if path.hasPrefix("/") {
      out.appendJSONString("file://" + uri(path))
    } else {
      out.appendJSONString(uri(path))
      out.append(",\"uriBaseId\":\"ROOT\"")
    }
    out.append("}")
  }

  private static func append(_ finding: Finding, to out: inout ByteWriter) {
    out.append("{\"ruleId\":")
    out.appendJSONString(finding.rule.rawValue)
    out.append(",\"ruleIndex\":")
    out.append(Rule.allCases.firstIndex(of: finding.rule) ?? -1)
    out.append(",\"level\":")
    out.appendJSONString(finding.rule.severity.rawValue)
    out.append(",\"message\":{\"text\":")
    out.appendJSONString(finding.message)
    out.append("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":")
    let prefix = "plugins/"
    let isPlugin = finding.file.hasPrefix(prefix)
    out.appendJSONString(uri(isPlugin ? String(finding.file.dropFirst(prefix.count)) : finding.file))
    out.append(isPlugin ? ",\"uriBaseId\":\"PLUGINS\"" : ",\"uriBaseId\":\"POLICIES\"")
    out.append("},\"region\":{\"startLine\":")
    out.append(finding.line)
    out.append(",\"startColumn\":")
    out.append(finding.column)
    if let end = finding.endColumn {
      out.append(",\"endColumn\":")
      out.append(end)
    }
    out.append("}}}]}")
  }

  /// A path with everything percent-encoded that a URI's path does not hold as it is.
  private static func uri(_ path: String) -> String {
    var encoded = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        encoded.unicodeScalars.append(UnicodeScalar(byte))
      case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
        encoded.unicodeScalars.append(UnicodeScalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        encoded += byte < 16 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return encoded
  }
}
