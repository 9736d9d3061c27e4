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
        /// When what still runs is killed, once the end has begun.
        var deadline: MonotonicTime?
        var isEnding: Bool { deadline != nil }
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
        try SignalWatch.start([SIGTERM, SIGINT, SIGHUP], poller: executor.poller) { number in
            self.end(grace: AgentProcess.graceOfSignals, because: .signal(number))
        }
        executor.poller.schedule(after: AgentProcess.settling) { execnet_forget_code() }
    }

    /// Who sends a signal kills before long: a gateway that this one is behind gives what it started a second.
    private static let graceOfSignals = Duration.milliseconds(500)

    /// When what the start took is let go: not before the first programs have begun.
    private static let settling = Duration.milliseconds(100)

    // MARK: events

    func handle(_ event: Effects.Event, from endpoint: Endpoint) {
        switch event {
        case .hello(let value): check(value)
        case .opened(let core, let payload): run(payload, on: Channel(core: core, endpoint: endpoint))
        case .channelClosed(let core): state.withLock { $0.programs[core.number] }?.cancel()
        case .query(let number, let name): answer(number, name)
        case .terminate(let milliseconds): end(grace: .milliseconds(Int64(clamping: milliseconds)), because: .request)
        case .goodbye: end(grace: .seconds(1), because: .lostLink)
        case .answer, .log: break
        }
    }

    func linkEnded(_ error: GatewayError, of endpoint: Endpoint) { end(grace: .seconds(1), because: .lostLink) }

    private func check(_ value: Value) {
        guard let hello = try? Hello(value), hello.isUnderstood else {
            endpoint.sendGoodbye(
                code: "version",
                message: "This agent speaks protocol \(Hello.spoken.lowerBound) to \(Hello.spoken.upperBound)."
            )
            return end(grace: .zero, because: .lostLink)
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

    private enum Cause {
        case request, lostLink
        case signal(Int32)
    }

    /// Ends the process: at once when idle, else when programs and their processes have ended or the grace is over. What comes while it
    /// ends can only shorten the grace.
    private func end(grace: Duration, because cause: Cause) {
        let deadline = MonotonicTime.now + grace
        let programs = state.withLock { state -> [Task<Void, Never>]? in
            defer { state.deadline = min(state.deadline ?? deadline, deadline) }
            return state.isEnding ? nil : Array(state.programs.values)
        }
        guard let programs else { return }
        for program in programs { program.cancel() }
        switch cause {
        case .request: break
        case .lostLink: endpoint.finish(GatewayError(.connectionLost, "The coordinator is gone."))
        // The coordinator is not told how each program ended, but that the agent did.
        case .signal: endpoint.finish(GatewayError(.agentEnded, "The agent was told to end by a signal."))
        }
        do throws(SystemError) {
            // A thread of its own: programs may occupy all others.
            try SystemThread.start(name: "execnet-end") { self.finish(because: cause) }
        } catch {
            _exit(95)
        }
    }

    private func finish(because cause: Cause) -> Never {
        var hasProcesses = signalDescendants(SIGTERM)
        while hasProcesses || hasPrograms, isInGrace {
            usleep(5_000)
            hasProcesses = signalDescendants(0)
        }
        if hasProcesses || hasPrograms { killDescendants() }
        switch cause {
        case .request: break
        case .lostLink: if getpgrp() == getpid() { kill(0, SIGKILL) }
        case .signal(let number):
            signal(number, SIG_DFL)
            raise(number)
        }
        _exit(0)
    }

    private var isInGrace: Bool { state.withLock { $0.deadline.map { MonotonicTime.now < $0 } ?? false } }

    private var hasPrograms: Bool { state.withLock { !$0.programs.isEmpty } }

    private var environmentMark: String? { mark.isEmpty ? nil : "\(Agent.gatewayVariable)=\(mark)" }

    /// True if there were any.
    private func signalDescendants(_ number: Int32) -> Bool {
        // What is known without the kernel's tables.
        guard ProcessTree.isVisible else { return ChildProcess.signalAll(number) }
        let descendants = ProcessTree.descendants(of: getpid(), marked: environmentMark)
        for pid in descendants { kill(pid, number) }
        return !descendants.isEmpty
    }

    private func killDescendants() {
        if ProcessTree.isVisible {
            ProcessTree.killDescendants(of: getpid(), marked: environmentMark)
        } else {
            _ = ChildProcess.signalAll(SIGKILL)
        }
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
