//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
package import ExecnetWire
import Logging
import Synchronization

/// The coordinator's handle on one agent: runs programs there, opens channels, and ends it.
///
/// Opened with `Gateway.open` or, better, `withGateway`, which closes it. All functions may be called from any task.
public final class Gateway: Sendable {
    struct State {
        var hello: Hello?
        var queries: [UInt64: CheckedContinuation<Value, any Error>] = [:]
        var lastQuery: UInt64 = 0
        var goodbye: String?
        var failure: GatewayError?
        var isClosing = false
    }

    /// The gateway's name in errors, logs and groups.
    public let id: String
    /// The description that it was opened with.
    public let spec: String
    let endpoint: Endpoint
    let configuration: GatewayConfiguration
    let process: (any LaunchedProcess)?
    /// The gateway without which this one does not work.
    private let hop: Gateway?
    private let tellsOfLoss: Bool
    private let explain: (@Sendable (GatewayError, ExitStatus) -> GatewayError)?
    let poller: Poller
    private let errors: Mutex<StandardErrorReader?> = Mutex(nil)
    let state = Mutex(State())
    private let opened = Signal()
    private let ended = Signal()

    private init(
        id: String,
        spec: String,
        stream: LaunchedStream,
        configuration: GatewayConfiguration
    ) {
        self.id = id
        self.spec = spec
        self.configuration = configuration
        process = stream.process
        hop = stream.hop
        explain = stream.explain
        tellsOfLoss = stream.tellsOfLoss
        poller = stream.poller
        endpoint = Endpoint(
            role: .coordinator,
            gatewayID: id,
            limits: configuration.limits,
            logger: configuration.logger
        )
    }

    /// Greets the agent at the other end of a stream and waits for its answer. If there is none, nothing is left behind.
    package static func start(
        id: String,
        spec: String,
        stream: LaunchedStream,
        configuration: GatewayConfiguration,
        hello fields: [String: Value] = [:]
    ) async throws -> Gateway {
        let gateway = Gateway(
            id: id,
            spec: spec,
            stream: stream,
            configuration: configuration
        )
        do {
            try gateway.connect(stream, fields)
            try await gateway.waitUntilOpen()
            return gateway
        } catch {
            var failure = error
            if var known = error as? GatewayError, known.standardError.isEmpty {
                known.standardError = gateway.standardErrorTail
                failure = known
            }
            await gateway.abandon()
            throw failure
        }
    }

    private func connect(_ stream: LaunchedStream, _ fields: [String: Value]) throws {
        let link = try stream.makeLink(endpoint)
        endpoint.start(link: link, delegate: self)
        if let prologue = stream.prologue { endpoint.begin(with: prologue) }
        if let source = stream.errors {
            let reader = try StandardErrorReader(source, gatewayID: id, configuration: configuration) { [weak self] in
                self?.standardErrorEnded()
            }
            errors.withLock { $0 = reader }
        }
        if !stream.preamble.isEmpty { try endpoint.perform { $0.sendPreamble(stream.preamble) } }
        var fields = fields
        fields["id"] = .string(id)
        try endpoint.sendHello(Hello(build: ShippedFunction.build, limits: configuration.limits, fields: fields))
        try link.start()
        process?.whenGone { [weak self] in self?.processEnded() }
    }

    /// Waits for the agent's hello, as long as the way to it makes progress.
    private func waitUntilOpen() async throws {
        let timeout = configuration.openTimeout
        var rest = timeout
        while !(await opened.isSet(within: rest, poller: poller)) {
            try Task.checkCancellation()
            // An upload may take longer than any time that an answer may take.
            rest = timeout - endpoint.prologueStep.until(.now)
            guard rest <= .zero else { continue }
            throw endpoint.prologueFailure(.silent(timeout))
                ?? GatewayError(.timedOut, "The agent did not answer within \(timeout).", gateway: id)
        }
        try Task.checkCancellation()
        if let failure = state.withLock({ $0.failure }) { throw failure }
        if let heartbeat = configuration.heartbeat { endpoint.startHeartbeat(heartbeat) }
    }

    // MARK: what it is

    /// Whether the agent can still be reached, as far as is known.
    public var isOpen: Bool { endpoint.end == nil }

    /// Whether the agent runs this process's own image, so that closures can be sent.
    package var runsOwnImage: Bool { state.withLock { $0.hello?.build == ShippedFunction.build } }

    /// The last lines that the agent and its programs wrote to standard error.
    public var standardErrorTail: [String] { errors.withLock { $0 }?.tail ?? [] }

    /// A channel of this gateway that is connected to nothing until it is sent to the other side inside a value.
    public func newChannel() -> Channel { endpoint.newChannel() }

    /// How many channels the two tables hold, and how many programs run. Answered at once, whatever the programs do.
    public func status() async throws -> GatewayStatus {
        let answer = try await query("status")
        return GatewayStatus(
            channels: answer["channels"]?.int ?? 0,
            executing: answer["executing"]?.int ?? 0,
            localChannels: endpoint.channelCount
        )
    }

    /// What the agent says about itself: `language`, `version`, `platform`, `executable`, `directory`, `pid`, `host`.
    ///
    /// - Parameter refresh: asks again instead of answering from the agent's first message.
    public func info(refresh: Bool = false) async throws -> GatewayInfo {
        if !refresh, let known = state.withLock({ $0.hello?.fields["info"] }) { return GatewayInfo(known) }
        return GatewayInfo(try await query("info"))
    }

    /// The time on the agent's machine when it answered, in seconds since 1970; nil if it does not tell.
    package func time() async throws -> Double? { try await query("info")["time"]?.double }

    private func query(_ name: String) async throws -> Value {
        let number = state.withLock { state in
            state.lastQuery += 1
            return state.lastQuery
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.queries[number] = continuation }
                if let end = endpoint.end { return answer(number, .failure(end)) }
                if Task.isCancelled { return answer(number, .failure(CancellationError())) }
                if let payload = try? Wire.encode([Value(number), .string(name)] as Value) {
                    endpoint.sendControl(.query, payload)
                }
            }
        } onCancel: {
            answer(number, .failure(CancellationError()))
        }
    }

    private func answer(_ number: UInt64, _ result: Result<Value, any Error>) {
        state.withLock { $0.queries.removeValue(forKey: number) }?.resume(with: result)
    }

    // MARK: the end

    /// Ends the agent and everything that it started: asks it to, then TERM, then KILL.
    ///
    /// Returns when the process is gone, at most about `timeout` later. Closing twice does no harm.
    /// - Parameter timeout: how long all of it may take; programs get half of it, at most a second, to end by themselves.
    @discardableResult
    public func close(timeout: Duration = .seconds(5)) async -> CloseOutcome {
        state.withLock { $0.isClosing = true }
        guard isOpen || process?.isGone == false else { return .ended }
        let grace = min(timeout / 2, .seconds(1))
        let milliseconds = grace.wholeNanoseconds / 1_000_000
        if let payload = try? Wire.encode(milliseconds) { endpoint.sendControl(.terminate, payload) }
        let outcome = await waitForEnd(grace: grace, timeout: timeout)
        finish(GatewayError(.closed, "The gateway was closed.", gateway: id))
        return outcome
    }

    /// Waits until it has ended; returns why, or nil if the task was cancelled first.
    @discardableResult
    package func waitUntilEnded() async -> GatewayError? {
        while !(await ended.isSet(within: .seconds(3_600), poller: poller)) {
            if Task.isCancelled { return nil }
        }
        return endpoint.end
    }

    /// Ends it, because another gateway without which it cannot work has ended.
    package func lose(hop: Gateway, _ cause: GatewayError) {
        endpoint.linkEnded(
            GatewayError(
                .connectionLost,
                "The gateway \"\(hop.id)\" that it needs has ended.",
                gateway: id,
                cause: cause
            )
        )
    }

    private func waitForEnd(grace: Duration, timeout: Duration) async -> CloseOutcome {
        guard let process else {
            return await ended.isSetInAnyCase(within: timeout, poller: poller) ? .ended : .killed
        }
        let rest = timeout - grace
        if await process.hasEnded(within: grace + rest / 2, poller: poller) { return .ended }
        process.signal(SIGTERM)
        if await process.hasEnded(within: rest / 4, poller: poller) { return .terminated }
        process.signal(SIGKILL)
        return await process.hasEnded(within: max(rest / 4, .seconds(1)), poller: poller) ? .killed : .unresponsive
    }

    /// Sees to it that the process of an agent that was told to go, because its link is of no use, does so.
    private func endProcess() {
        guard let process, !process.isGone else { return }
        // It has one second to end what it started, and is what ends processes that left its group.
        _ = poller.schedule(after: .seconds(2)) { process.signal(SIGKILL) }
    }

    /// Gives up a gateway that could not be opened.
    private func abandon() async {
        state.withLock { $0.isClosing = true }
        // One that cannot be told to go is not waited for: it goes with its connection, or is out of reach.
        let process = process.flatMap { $0.takesSignals ? $0 : nil }
        if endpoint.isInPrologue {
            // A shell that reads the end of its input clears up behind itself.
            endpoint.disconnect()
            if await process?.hasEnded(within: .seconds(1), poller: poller) == false {
                // Something on the way does not read: then it, and programs such as sudo, may still do so when they are asked to go.
                process?.signal(SIGTERM)
                _ = await process?.hasEnded(within: .milliseconds(500), poller: poller)
            }
        }
        process?.signal(SIGKILL)
        _ = await process?.hasEnded(within: .seconds(5), poller: poller)
        finish(GatewayError(.closed, "The gateway could not be opened.", gateway: id))
    }

    private func finish(_ error: GatewayError) {
        endpoint.finish(error)
        errors.withLock { $0.take() }?.stop()
        let queries = state.withLock { state in
            if state.failure == nil { state.failure = error }
            defer { state.queries = [:] }
            return state.queries
        }
        for continuation in queries.values { continuation.resume(throwing: error) }
        opened.set()
        ended.set()
    }
}

// MARK: events

extension Gateway: EndpointDelegate {
    package func handle(_ event: Effects.Event, from endpoint: Endpoint) {
        switch event {
        case .hello(let value): greet(value)
        case .answer(let number, let value): answer(number, .success(value))
        case .log(let record): log(record)
        case .goodbye(let code, let message): state.withLock { $0.goodbye = "\(code): \(message)" }
        // Refused by the multiplexer, or of no interest here.
        case .opened, .channelClosed, .query, .terminate: break
        }
    }

    private func greet(_ value: Value) {
        do throws(WireError) {
            let hello = try Hello(value)
            guard hello.isUnderstood else {
                endpoint.sendGoodbye(code: "version", message: "This coordinator speaks protocol 1.")
                return finish(
                    GatewayError(
                        .versionMismatch,
                        "The agent speaks protocol \(hello.versions.lowerBound) to \(hello.versions.upperBound), this side "
                            + "\(Hello.spoken.lowerBound) to \(Hello.spoken.upperBound).",
                        gateway: id
                    )
                )
            }
            endpoint.heard(hello)
            state.withLock { $0.hello = hello }
            opened.set()
        } catch {
            finish(GatewayError(.protocolViolation, error.message, gateway: id))
        }
    }

    private func log(_ record: Value) {
        let level = record["level"]?.string.flatMap(Logger.Level.init(rawValue:)) ?? .info
        var metadata: Logger.Metadata = ["gateway": "\(id)"]
        for (key, value) in record["metadata"]?.stringMap ?? [:] { metadata[key] = "\(value.string ?? "")" }
        if let label = record["label"]?.string { metadata["label"] = "\(label)" }
        configuration.logger.log(level: level, "\(record["message"]?.string ?? "")", metadata: metadata)
    }

    package func linkEnded(_ error: GatewayError, of endpoint: Endpoint) {
        let isFirst = state.withLock { state -> Bool in
            guard state.failure == nil else { return false }
            state.failure = error
            return true
        }
        guard isFirst else { return }
        // What the way to an agent met says more than its end will.
        if endpoint.isInPrologue, ![.connectionLost, .agentEnded].contains(error.code) { return finish(error) }
        guard let process else { return concludeEnd() }
        // The process tells more than the link: how it ended, and what it said last. It usually ends at the same moment.
        if process.isGone { return processEnded() }
        _ = poller.schedule(after: .milliseconds(400)) { [weak self] in self?.concludeEnd() }
    }

    private func processEnded() {
        guard knowsEnd else { return }
        // What it wrote last may still be on its way.
        _ = poller.schedule(after: .milliseconds(50)) { [weak self] in self?.concludeEnd() }
        if errors.withLock({ $0 })?.hasEnded != false, hasHeardAll { concludeEnd() }
    }

    /// What a shell that did not become an agent has printed is the best explanation, and comes over the link.
    private var hasHeardAll: Bool { !endpoint.isInPrologue || state.withLock { $0.failure != nil } }

    /// Whether the agent has ended for certain. When only the one who would tell is gone, such as a socket server, the link goes on.
    private var knowsEnd: Bool { process?.exitStatus != nil || state.withLock { $0.failure != nil } }

    private func standardErrorEnded() {
        if process?.isGone == true, hasHeardAll, knowsEnd { concludeEnd() }
    }

    /// Ends the gateway with all that is known about the end of its agent.
    private func concludeEnd() {
        guard isOpen else { return }
        let (failure, goodbye, isClosing) = state.withLock { ($0.failure, $0.goodbye, $0.isClosing) }
        if isClosing { return finish(GatewayError(.closed, "The gateway was closed.", gateway: id)) }
        let reader = errors.withLock { $0 }
        reader?.stop()
        var error = explained(failure ?? GatewayError(.agentEnded, "", gateway: id))
        if let goodbye { error.message += " It said: \(goodbye)" }
        error.standardError = reader?.tail ?? []
        if let explain, let status = process?.exitStatus { error = explain(error, status) }
        state.withLock { $0.failure = error }
        finish(error)
    }

    /// Whether it is being closed, or is gone.
    private var isEnding: Bool { !isOpen || state.withLock { $0.isClosing } }

    /// The end of the link in the light of what is known about the process.
    private func explained(_ failure: GatewayError) -> GatewayError {
        var error = failure
        if let hop, hop.isEnding {
            return GatewayError(
                .connectionLost,
                "The gateway \"\(hop.id)\" that it leads through has ended.",
                gateway: id,
                cause: hop.endpoint.end
            )
        }
        let isLost = error.code == .connectionLost || error.code == .agentEnded
        if isLost, let early = endpoint.prologueFailure(.ended(process?.exitStatus)) {
            endProcess()
            guard error.code == .connectionLost, tellsOfLoss else { return early }
            // Not the process ended, but the way to it.
            error.cause = early
            return error
        }
        if isLost, let status = process?.exitStatus {
            error.code = .agentEnded
            error.message = "The agent ended: \(status)."
        } else if error.code == .agentEnded {
            error.code = .connectionLost
            error.message = "The agent is out of sight: nothing tells how it ended."
        } else if error.code == .connectionLost, let process, !process.isGone {
            error.message = "The agent closed its link, but its \(process.name) went on and was killed."
            process.signal(SIGKILL)
        } else {
            endProcess()
        }
        return error
    }
}
