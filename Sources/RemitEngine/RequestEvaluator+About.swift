private import RemitPolicy
internal import RemitWire

/// The methods that tell of the service itself.
extension RequestEvaluator {
  func writePolicies(id: UnsafeRawBufferPointer, into output: inout ByteWriter) {
    let list = catalogue ?? LoadedPolicy.catalogue(snapshot.sorted)
    catalogue = list
    unsafe output.startRPCResult(id: id)
    // Without the newline at its end.
    output.append(list.span.extracting(first: list.count - 1))
    output.append("}")
  }

  func writeHealth(id: UnsafeRawBufferPointer, into output: inout ByteWriter) {
    unsafe output.startRPCResult(id: id)
    output.append("{\"status\":\"ok\",\"policies\":")
    output.append(snapshot.sorted.count)
    output.append(",\"snapshot\":")
    output.appendJSONString(snapshot.id)
    output.append(",\"uptime_s\":")
    output.append(setting.clock.uptimeSeconds())
    output.append("}}")
  }
}
