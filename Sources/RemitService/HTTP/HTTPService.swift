internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import RemitEngine
private import RemitLua
internal import RemitModel
internal import RemitWire
private import Synchronization

/// Answers the requests of all HTTP connections, each on the event loop of its connection.
final class HTTPService: Sendable {
  let shared: SharedService
  let seats: [ObjectIdentifier: NIOLoopBound<HTTPSeat>]
  let executors: [ObjectIdentifier: LoopExecutor]
  let batches: BatchThreads
  private let page: MetricsPage
  private let readiness = Atomic<Bool>(false)

  /// Longer ones are decided by a worker.
  private static let inlineBytesMax = 32 << 10

  init(
    _ shared: SharedService, _ loops: [NIOLoopBound<LoopSeat>], counters: ServiceCounters, batchesMax: Int,
    version: String
  ) async throws {
    self.shared = shared
    let responses = ResponseCounters(counters.registry)
    var seats: [ObjectIdentifier: NIOLoopBound<HTTPSeat>] = [:]
    for loop in loops {
      let eventLoop = loop.eventLoop
      seats[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
        NIOLoopBound(HTTPSeat(loop.value, responses, eventLoop: eventLoop), eventLoop: eventLoop)
      }.get()
    }
    self.seats = seats
    var executors: [ObjectIdentifier: LoopExecutor] = [:]
    for loop in loops { executors[ObjectIdentifier(loop.eventLoop)] = LoopExecutor(loop.eventLoop) }
    self.executors = executors
    batches = BatchThreads(threadsMax: batchesMax)
    page = MetricsPage(shared, counters, batches, version: version)
  }

  /// All listeners are there.
  func ready() { readiness.store(true, ordering: .relaxed) }

  /// Ends all connections at once.
  func abort() {
    for seat in seats.values { seat.eventLoop.execute { _ = seat.value.abort() } }
  }

  /// The seat of a connection; to be used between two suspensions, on its event loop.
  func seat(_ channel: any Channel) -> HTTPSeat {
    guard let seat = seats[ObjectIdentifier(channel.eventLoop)] else {
      preconditionFailure("a connection belongs to a loop of the service")
    }
    return seat.value
  }

  // MARK: Routes

  func respond(to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
    let target = request.head.path ?? ""
    let answer: HTTPAnswer
    switch HTTPRoute(path: target) {
    case .none:
      let known = HTTPRoute.allCases.map(\.path).joined(separator: ", ")
      answer = HTTPAnswer(.invalidParams, "nothing is there (there are \(known))", status: 404)
    case .some(let route) where !Self.allows(request.method, route):
      var refusal = HTTPAnswer(.invalidParams, "\(route.path) is asked for by \(route.methods)", status: 405)
      refusal.others.append((.allow, route.methods))
      answer = refusal
    case .batch:
      try await respondToBatch(request, writer, channel)
      return
    case .decide:
      answer = try await decide(request, writer, channel)
    case .healthz:
      answer = HTTPAnswer(status: 200, body: Array(#"{"status":"ok"}"#.utf8))
    case .readyz:
      answer = readyAnswer(channel)
    case .metrics:
      answer = await metrics()
    }
    try await send(answer, request, writer, channel)
  }

  private static func allows(_ method: HTTPRequest.Method, _ route: HTTPRoute) -> Bool {
    route.isPost ? method == .post : method == .get || method == .head
  }

  func send(
    _ answer: HTTPAnswer, _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
  ) async throws {
    let seat = seat(channel)
    seat.count(answer)
    let head = answer.head(date: seat.now())
    if request.method == .head {
      try await writer.writeResponse(head)
    } else {
      try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
  }

  private func readyAnswer(_ channel: any Channel) -> HTTPAnswer {
    let isDraining = seat(channel).isDraining
    if readiness.load(ordering: .relaxed), !isDraining {
      return HTTPAnswer(status: 200, body: Array(#"{"status":"ready"}"#.utf8))
    }
    let status = isDraining ? "ending" : "starting"
    return HTTPAnswer(status: 503, body: Array("{\"status\":\"\(status)\"}".utf8))
  }

  /// Summing many policies takes a while, and so does asking the system.
  private func metrics() async -> HTTPAnswer {
    let page = page
    let text = await Task.detached { page.text() }.value
    var answer = HTTPAnswer(status: 200, body: text)
    answer.contentType = PrometheusText.contentType
    return answer
  }

  // MARK: Requests for decisions

  /// What curl and Python's urllib name for a body whose type nobody told them.
  private static let unsaidType = "application/x-www-form-urlencoded"

  /// What is wrong with a request before its body is read.
  func refusal(of request: Request, _ channel: any Channel, types: [String]) -> HTTPAnswer? {
    if !seat(channel).isServed(channel) {
      return HTTPAnswer(.overloaded, "the service is ending: ask another one")
    }
    if let type = request.headers[.contentType] {
      let named = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
      guard types.contains(named) || named == Self.unsaidType else {
        return HTTPAnswer(
          .invalidParams, "Content-Type: expected \(types[0]), got \(type.prefix(64))", status: 415)
      }
    }
    if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
      return HTTPAnswer(.invalidParams, "Content-Encoding: expected none, got \(coding.prefix(64))", status: 415)
    }
    if let expected = request.headers[.expect], expected.lowercased() != "100-continue" {
      return HTTPAnswer(.invalidParams, "Expect: expected 100-continue, got \(expected.prefix(64))", status: 417)
    }
    return nil
  }

  /// Tells a client that waits for it to go on.
  func goOn(_ request: Request, _ writer: borrowing ResponseWriter) async throws {
    guard request.headers[.expect] != nil else { return }
    try await writer.writeInformationalHead(HTTPResponse(status: .continue))
  }

  private func decide(
    _ request: Request, _ writer: borrowing ResponseWriter, _ channel: any Channel
  ) async throws -> HTTPAnswer {
    if let refusal = refusal(of: request, channel, types: ["application/json"]) { return refusal }
    if HTTPRoute.query(of: request.head.path ?? "") != nil {
      let message = "/v1/decide has no query: policy, at and params stand in the body"
      return HTTPAnswer(.invalidParams, message)
    }
    let most = shared.setting.limits.lineBytesMax
    let tooLong = HTTPAnswer(.lineTooLong, "the body is longer than \(most) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > most {
      return tooLong
    }
    try await goOn(request, writer)
    var body = ByteBuffer()
    do {
      for try await part in request.body {
        guard body.readableBytes + part.readableBytes <= most else { return tooLong }
        body.writeImmutableBuffer(part)
      }
    } catch {
      return HTTPAnswer(.parseError, "the body is no valid HTTP/1.1")
    }
    guard seat(channel).hasWholeRequest(channel) else { throw AbnormalEnd() }
    switch DecideExchange.line(body, depthMax: shared.setting.limits.nestingDepthMax) {
    case .success(let line): return await answer(line, channel)
    case .failure(let error): return HTTPAnswer(error.code, error.message)
    }
  }

  private func answer(_ line: ByteBlock, _ channel: any Channel) async -> HTTPAnswer {
    let permission = RequestEvaluator.Permission(longWork: false, transport: .http)
    if line.count <= Self.inlineBytesMax {
      let evaluator = seat(channel).loop.evaluator
      evaluator.forgetTime()
      var reply = ByteWriter()
      if unsafe evaluator.answer(UnsafeRawBufferPointer(line.bytes), permission, into: &reply) {
        let answer = Self.taken(reply)
        if evaluator.hasUncommitted { await keep(channel) }
        return answer
      }
    }
    let job = await withCheckedContinuation { (continuation: CheckedContinuation<WorkerJob, Never>) in
      let box = JobBox()
      let job = unsafe WorkerJob(UnsafeRawBufferPointer(line.bytes), permission) {
        guard let job = box.take() else { preconditionFailure("a job is done once") }
        continuation.resume(returning: job)
      }
      box.put(job)
      shared.submit(job)
    }
    return Self.taken(job.output)
  }

  /// Returns once what was decided on the connection's loop is kept.
  func keep(_ channel: any Channel) async {
    await withCheckedContinuation { continuation in
      seat(channel).loop.commit { continuation.resume() }
    }
  }

  private static func taken(_ reply: borrowing ByteWriter) -> HTTPAnswer {
    guard !reply.hasFailed else { return HTTPAnswer(.internalError, "no memory for the answer") }
    return DecideExchange.answer(reply)
  }
}

/// An exchange that cannot come to its end: its connection is closed in the middle of it.
struct AbnormalEnd: Error {}

/// Hands a job to the closure that it calls at its end.
private final class JobBox: Sendable {
  private let job = Mutex<WorkerJob?>(nil)

  func put(_ job: WorkerJob) { self.job.withLock { $0 = job } }
  func take() -> WorkerJob? {
    job.withLock { job in
      defer { job = nil }
      return job
    }
  }
}
