internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import RemitEngine
private import RemitModel
internal import RemitPolicy

/// `POST /v1/batch`: lines in, results out, while the lines come.
extension HTTPService {
  private static let types = [
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json",
  ]

  func respondToBatch(
    _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
  ) async throws {
    if let refusal = refusal(of: request, channel, types: Self.types) {
      try await send(refusal, request, writer, channel)
      return
    }
    let pipe = BatchPipe()
    if let refusal = await start(request, pipe, channel) {
      try await send(refusal, request, writer, channel)
      return
    }
    do {
      try await goOn(request, writer)
      let seat = seat(channel)
      seat.responses.count(200)
      var fields = HTTPFields()
      fields[.date] = seat.now()
      fields[.contentType] = Self.types[0]
      let results = try await writer.writeHead(HTTPResponse(status: .ok, headerFields: fields))
      try await stream(request, pipe, results, channel)
    } catch {
      pipe.breakOff()
      throw AbnormalEnd()
    }
  }

  /// Begins the work on a thread of its own.
  ///
  /// - Returns: Why it has not begun.
  private func start(_ request: Request, _ pipe: BatchPipe, _ channel: any Channel) async -> HTTPAnswer? {
    let query: BatchQuery
    seat(channel).loop.evaluator.countBatch()
    do throws(EngineError) {
      query = try BatchQuery(HTTPRoute.query(of: request.head.path ?? "") ?? "")
    } catch {
      return HTTPAnswer(error.code, error.message)
    }
    let snapshot = shared.setting.store.current
    guard let policy = snapshot.policies[query.policy] else {
      return await kept(EngineError(code: .unknownPolicy, message: snapshot.unknown(query.policy)), query, nil, channel)
    }
    let isForGroups = policy.declaration.group != nil
    guard let refusal = isForGroups ? Self.refusal(ofGroups: query.policy) : await start(query, policy, pipe) else {
      return nil
    }
    var answer =
      refusal.isOfPolicy
      ? await kept(refusal.error, query, policy, channel) : HTTPAnswer(refusal.error.code, refusal.error.message)
    answer.policy = policy
    return answer
  }

  private struct Refusal {
    var error: EngineError
    /// The policy was asked, and does not take its params or the time.
    var isOfPolicy: Bool
  }

  private static func refusal(ofGroups name: String) -> Refusal {
    let message =
      "\(name) decides rows together, and needs them all before it decides one: "
      + "ask for decide_batch by JSON-RPC, or run remit batch"
    return Refusal(error: EngineError(code: .invalidParams, message: message), isOfPolicy: false)
  }

  private func start(_ query: BatchQuery, _ policy: LoadedPolicy, _ pipe: BatchPipe) async -> Refusal? {
    let setting = shared.setting
    return await withCheckedContinuation { continuation in
      let isBegun = batches.run {
        let batch: StreamedBatch
        do throws(EngineError) {
          batch = try StreamedBatch(policy, params: query.params, at: query.at, setting)
        } catch {
          return { continuation.resume(returning: Refusal(error: error, isOfPolicy: true)) }
        }
        continuation.resume(returning: nil)
        let failure = batch.run(from: pipe, to: pipe) { !pipe.isBroken }
        return { pipe.finish(failure) }
      }
      if !isBegun {
        let message = "as many batches are under way as there may be: try again later"
        continuation.resume(
          returning: Refusal(error: EngineError(code: .overloaded, message: message), isOfPolicy: false))
      }
    }
  }

  /// Keeps a refusal as that of a `decide_batch` is kept, and returns what is answered.
  private func kept(
    _ error: EngineError, _ query: BatchQuery, _ policy: LoadedPolicy?, _ channel: any Channel
  ) async -> HTTPAnswer {
    let evaluator = seat(channel).loop.evaluator
    evaluator.forgetTime()
    if let other = evaluator.record(
      refusal: error, ofPolicyNamed: query.policy, policy, params: query.params, at: query.at)
    {
      return HTTPAnswer(other.code, other.message)
    }
    if evaluator.hasUncommitted { await keep(channel) }
    return HTTPAnswer(error.code, error.message)
  }

  private func stream(
    _ request: Request, _ pipe: BatchPipe, _ results: some ResponseBodyWriter, _ channel: any Channel
  ) async throws {
    // Nothing else tells of it at once: lines may wait to be taken, or all are, and nothing is being sent.
    channel.closeFuture.whenComplete { _ in pipe.breakOff() }
    seat(channel).whenBroken(channel) { pipe.breakOff() }
    let body = request.body
    let isWhole = await withTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        do {
          for try await lines in body {
            guard await pipe.offer(lines) else { return }
          }
          // A connection that ends looks like a body that does.
          let isWhole = seat(channel).hasWholeRequest(channel)
          pipe.endInput(failure: isWhole ? nil : "the connection has ended before the request")
        } catch {
          pipe.endInput(failure: "the request is no valid HTTP/1.1")
        }
      }
      var results = results
      do {
        while let lines = await pipe.next() { try await results.write(lines) }
        if pipe.failure == nil, !pipe.isBroken {
          try await results.finish(nil)
          return true
        }
      } catch {}
      pipe.breakOff()
      // What is still being read is not wanted, and the task that reads would wait for it.
      channel.close(promise: nil)
      return false
    }
    if !isWhole { throw AbnormalEnd() }
  }
}
