package import RemitPolicy
private import RemitSyntax
internal import RemitWire

extension CoverageReport {
  /// The report as an LCOV tracefile, which editors and services for coverage read.
  ///
  /// A condition is a block of two branches: 0 where it is true, 1 where it is false; `-` where it was never evaluated.
  package func lcov(_ folder: PolicyFolder) -> [UInt8] {
    var output = ByteWriter()
    for file in files { Self.write(file, path: folder.path(ofFile: file.file.file), into: &output) }
    return output.bytes
  }

  private static func write(_ file: FileCoverage, path: String, into output: inout ByteWriter) {
    output.append("TN:\nSF:\(path)\n")
    for (block, branch) in file.branches.enumerated() {
      let isEvaluated = branch.whenTrue + branch.whenFalse > 0
      for outcome in branch.outcomes {
        let taken = isEvaluated ? "\(branch.hits(outcome))" : "-"
        output.append("BRDA:\(branch.site.line),\(block),\(outcome ? 0 : 1),\(taken)\n")
      }
    }
    output.append("BRF:\(file.branchRatio.total)\nBRH:\(file.branchRatio.covered)\n")
    for line in file.lines { output.append("DA:\(line.number),\(line.hits)\n") }
    output.append("LF:\(file.lineRatio.total)\nLH:\(file.lineRatio.covered)\nend_of_record\n")
  }
}
