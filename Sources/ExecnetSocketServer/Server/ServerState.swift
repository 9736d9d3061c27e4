//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// What a server knows of its connections and processes.
struct ServerState {
    typealias AttachWait = CheckedContinuation<ServedProcess?, Never>

    /// What a token stands for.
    private enum Entry {
        case starting
        case process(ServedProcess)
    }

    private let maximumGateways: Int
    private let servesOnce: Bool

    var listeners: [Listener]? = []
    /// Takes what has been accepted.
    var connections: AsyncStream<Connection>.Continuation?
    private(set) var isStopping = false
    /// Timers of the poller, by a number of our own.
    var timers: [UInt64: UInt64] = [:]

    /// All connections that are there, by number.
    private(set) var open: [UInt64: Connection] = [:]
    var pending: PendingConnections
    var isExpiryScheduled = false
    /// Since when there is no connection; nil when there is one.
    private var idleSince: MonotonicTime? = .now
    private var isIdlenessWatched = false
    private var lastNumber: UInt64 = 0
    private var lastTimer: UInt64 = 0

    private var tokens: [Token: Entry] = [:]
    /// Connections that want the standard error of a process that is not there yet.
    private var waiting: [UInt64: (token: Token, continuation: AttachWait)] = [:]
    private var running: [ObjectIdentifier: ServedProcess] = [:]
    private var gateways = 0
    private var hasServed = false

    init(_ configuration: SocketServerConfiguration) {
        maximumGateways = configuration.maximumGateways
        servesOnce = configuration.servesOnce
        pending = PendingConnections(
            limit: configuration.limits.pendingConnections,
            patience: configuration.limits.request
        )
    }

    var processes: [ServedProcess] { Array(running.values) }

    /// Begins to stop. Returns the connections that will not be served any more; nil if it had begun before.
    mutating func stop() -> [UInt64]? {
        guard !isStopping else { return nil }
        isStopping = true
        var numbers: [UInt64] = []
        while let number = pending.removeOldest() { numbers.append(number) }
        return numbers
    }

    // MARK: connections

    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func nextTimer() -> UInt64 {
        lastTimer += 1
        return lastTimer
    }

    /// Adds a connection. Returns the one that has to go for it.
    mutating func add(_ connection: Connection, now: MonotonicTime) -> UInt64? {
        open[connection.number] = connection
        idleSince = nil
        return pending.add(connection.number, now: now)
    }

    mutating func remove(_ connection: Connection) {
        open[connection.number] = nil
        pending.remove(connection.number)
        if open.isEmpty { idleSince = .now }
    }

    /// True: the caller has to watch how long there is no connection. One does at a time.
    mutating func beginWatchingIdleness() -> Bool {
        guard idleSince != nil, !isIdlenessWatched else { return false }
        isIdlenessWatched = true
        return true
    }

    /// How much longer there has to be no connection; nil if there is one, and nobody watches any more.
    mutating func restOfIdleness(_ limit: Duration) -> Duration? {
        isIdlenessWatched = idleSince != nil
        return idleSince.map { limit - $0.until(.now) }
    }

    // MARK: processes

    /// Makes sure that one more process may run; `started` or `failed` comes next.
    mutating func reserve(_ token: Token?) throws(Refusal) {
        guard !isStopping else { throw Refusal(.full, "the server is about to end") }
        guard !(servesOnce && hasServed) else { throw Refusal(.full, "this server serves one process only") }
        guard gateways < maximumGateways else {
            throw Refusal(.full, "\(maximumGateways) processes run, and no more may")
        }
        if let token {
            guard tokens[token] == nil else { throw Refusal(.failed, "the token is in use") }
            tokens[token] = .starting
        }
        gateways += 1
        hasServed = true
    }

    mutating func failed(_ token: Token?) {
        gateways -= 1
        hasServed = false
        if let token { tokens[token] = nil }
    }

    /// Returns the connections that have waited for it.
    mutating func started(_ process: ServedProcess, _ token: Token?) -> [AttachWait] {
        running[ObjectIdentifier(process)] = process
        guard let token else { return [] }
        tokens[token] = .process(process)
        let found = waiting.filter { $0.value.token == token }
        for number in found.keys { waiting[number] = nil }
        return found.values.map(\.continuation)
    }

    mutating func ended(_ process: ServedProcess) {
        running[ObjectIdentifier(process)] = nil
        gateways -= 1
    }

    mutating func forget(_ token: Token) { tokens[token] = nil }

    // MARK: attaching

    func process(of token: Token) -> ServedProcess? {
        if case .process(let process) = tokens[token] { process } else { nil }
    }

    /// False: the connection has been dropped already, or need not wait.
    mutating func wait(_ number: UInt64, for token: Token, _ continuation: AttachWait) -> Bool {
        guard process(of: token) == nil, pending.contains(number) else { return false }
        waiting[number] = (token, continuation)
        return true
    }

    mutating func stopWaiting(_ number: UInt64) -> AttachWait? { waiting.removeValue(forKey: number)?.continuation }
}
