//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem
import ExecnetWire
import Logging
import Synchronization

/// An agent's life: takes the link over, serves programs, and ends with the link and with all that was started.
final class AgentProcess: EndpointDelegate {
    fileprivate struct State {
        var programs: [UInt64: Task<Void, Never>] = [:]
        /// Those of a serial gateway that may run beside others: they compute nothing.
        var streams: Set<UInt64> = []
        /// The most programs that ran at once since none did.
        var mostPrograms = 0
        var isEnding = false
        /// One program at a time, always on the same thread.
        var isSerial = false
    }

    private let endpoint: Endpoint
    private let executor: AgentExecutor
    private let mark: String
    private let state = Mutex(State())

    /// Starts the agent of this process. Returns when its threads run; the process ends by itself. The caller gives a thread to the
    /// programs of a serial gateway.
    static func start() -> SerialExecutor {
        do {
            let agent = try AgentProcess()
            try agent.begin()
            return agent.serialExecutor
        } catch {
            StandardStreams.printError("execnet: the agent cannot start: \(error)")
            _exit(99)
        }
    }

    private let link: DescriptorLink
    private let cache = AgentCache.takeFromEnvironment()
    private let python = PythonBeside()
    private let serialExecutor = SerialExecutor()

    private init() throws {
        signal(SIGPIPE, SIG_IGN)
        mark = getenv(Agent.gatewayVariable).map { String(cString: $0) } ?? ""
        let (input, output) = try StandardStreams.takeOver()
        let poller = try Poller(spins: true)
        PollerThread.adopt(poller)
        executor = AgentExecutor(poller: poller)
        let id = mark.split(separator: ":", maxSplits: 1).last.map(String.init) ?? "agent"
        endpoint = Endpoint(
            role: .agent,
            gatewayID: id,
            limits: LinkLimits(),
            logger: Logger(label: "execnet.agent") { _ in SwiftLogNoOpLogHandler() },
            programExecutor: executor
        )
        link = try DescriptorLink(input: input, output: output, poller: poller, endpoint: endpoint)
        endpoint.start(link: link, delegate: self)
    }

    private func begin() throws {
        retained.withLock { $0 = self }
        let endpoint = endpoint
        LoggingSystem.bootstrap { ForwardingLogHandler(label: $0, endpoint: endpoint) }
        try endpoint.sendHello(
            Hello(build: ShippedFunction.build, limits: LinkLimits(), fields: ["info": Information.value])
        )
        if !ProcessTree.isVisible { executor.takeOverGlobalTasks() }
        try link.start()
        try executor.start()
        executor.poller.schedule(after: AgentProcess.settling) { execnet_forget_code() }
    }

    /// When what the start took is let go: not before the first programs have begun.
    private static let settling = Duration.milliseconds(100)

    // MARK: events

    func handle(_ event: Effects.Event, from endpoint: Endpoint) {
        switch event {
        case .hello(let value): check(value)
        case .opened(let core, let payload): run(payload, on: Channel(core: core, endpoint: endpoint))
        case .channelClosed(let core): state.withLock { $0.programs[core.number] }?.cancel()
        case .query(let number, let name): answer(number, name)
        case .terminate(let milliseconds): end(grace: .milliseconds(Int64(clamping: milliseconds)), linkLost: false)
        case .goodbye: end(grace: .seconds(1), linkLost: true)
        case .answer, .log: break
        }
    }

    func linkEnded(_ error: GatewayError, of endpoint: Endpoint) { end(grace: .seconds(1), linkLost: true) }

    private func check(_ value: Value) {
        guard let hello = try? Hello(value), hello.isUnderstood else {
            endpoint.sendGoodbye(
                code: "version",
                message: "This agent speaks protocol \(Hello.spoken.lowerBound) to \(Hello.spoken.upperBound)."
            )
            return end(grace: .zero, linkLost: true)
        }
        endpoint.heard(hello)
        cache?.start()
        if hello.fields["serial"]?.bool == true { state.withLock { $0.isSerial = true } }
    }

    private func answer(_ number: UInt64, _ name: String) {
        let answer: Value
        switch name {
        case "status":
            let executing = state.withLock { $0.programs.count }
            answer = ["channels": .int(Int64(endpoint.channelCount)), "executing": .int(Int64(executing))]
        case "info": answer = Information.value
        default: answer = .null
        }
        if let payload = try? Wire.encode([Value(number), answer] as Value) { endpoint.sendControl(.answer, payload) }
    }

    // MARK: programs

    private func run(_ payload: WireBytes, on channel: Channel) {
        // Before the lock is taken: a program may be large.
        let isStream = state.withLock { $0.isSerial } && StreamProgram.isDescribed(by: payload)
        let refusal = state.withLock { state -> String? in
            defer { state.mostPrograms = max(state.mostPrograms, state.programs.count) }
            if state.isEnding { return "The agent is ending." }
            if isStream { state.streams.insert(channel.id) }
            guard state.isSerial, !isStream else {
                state.programs[channel.id] = Task(executorPreference: executor) {
                    await self.execute(payload, on: channel)
                }
                return nil
            }
            guard state.programs.count == state.streams.count else {
                return "This gateway runs one program at a time (execution=serial), and one is running."
            }
            state.programs[channel.id] = Task(executorPreference: serialExecutor) {
                await self.execute(payload, on: channel)
            }
            return nil
        }
        if let refusal { channel.close(with: RemoteError(kind: .refused, type: "", message: refusal)) }
    }

    private func execute(_ payload: WireBytes, on channel: Channel) async {
        let failure = await RunningProgram.$channel.withValue(channel.core) {
            await ProgramRunner(channel: channel, python: python).run(payload)
        }
        let wereMany = state.withLock { $0.removeProgram(channel.id) }
        channel.close(with: failure)
        // On a thread of its own, because it takes milliseconds.
        if wereMany { try? SystemThread.start(name: "execnet-trim") { execnet_release_memory() } }
    }

    // MARK: the end

    /// Ends the process: at once when idle, else when programs and their processes have ended or the grace is over.
    private func end(grace: Duration, linkLost: Bool) {
        let programs = state.withLock { state -> [Task<Void, Never>]? in
            guard !state.isEnding else { return nil }
            state.isEnding = true
            return Array(state.programs.values)
        }
        guard let programs else { return }
        for program in programs { program.cancel() }
        if linkLost { endpoint.finish(GatewayError(.connectionLost, "The coordinator is gone.")) }
        do throws(SystemError) {
            // A thread of its own: programs may occupy all others.
            try SystemThread.start(name: "execnet-end") { self.finish(grace: grace, linkLost: linkLost) }
        } catch {
            _exit(95)
        }
    }

    private func finish(grace: Duration, linkLost: Bool) -> Never {
        let deadline = MonotonicTime.now + grace
        var hasProcesses = signalDescendants(SIGTERM)
        while hasProcesses || hasPrograms, MonotonicTime.now < deadline {
            usleep(5_000)
            hasProcesses = signalDescendants(0)
        }
        if hasProcesses || hasPrograms { signalDescendants(SIGKILL) }
        if linkLost, getpgrp() == getpid() { kill(0, SIGKILL) }
        _exit(0)
    }

    private var hasPrograms: Bool { state.withLock { !$0.programs.isEmpty } }

    private var environmentMark: String? { mark.isEmpty ? nil : "\(Agent.gatewayVariable)=\(mark)" }

    /// True if there were any.
    @discardableResult
    private func signalDescendants(_ number: Int32) -> Bool {
        // What is known without the kernel's tables.
        guard ProcessTree.isVisible else { return ChildProcess.signalAll(number) }
        let descendants = ProcessTree.descendants(of: getpid(), marked: environmentMark)
        for pid in descendants { kill(pid, number) }
        return !descendants.isEmpty
    }
}

extension AgentProcess.State {
    /// So many programs at once leave memory behind that is worth giving back.
    private static let manyPrograms = 4_096

    /// True: it was the last of many.
    fileprivate mutating func removeProgram(_ number: UInt64) -> Bool {
        programs.removeValue(forKey: number)
        streams.remove(number)
        guard programs.isEmpty else { return false }
        defer { mostPrograms = 0 }
        return mostPrograms >= Self.manyPrograms
    }
}

/// Keeps the agent alive: nothing else owns it.
private let retained = Mutex<AgentProcess?>(nil)
