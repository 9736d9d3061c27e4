//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import Logging
import Synchronization

/// Passes on the lines of an agent's standard error, and keeps the last of them for error messages.
final class StandardErrorReader: Sendable {
    /// Lines that an error quotes.
    static let keptLines = 20

    fileprivate struct State {
        var splitter = LineSplitter()
        var tail: [String] = []
        var hasEnded = false
    }

    private let source: any StandardErrorSource
    private let gatewayID: String
    private let policy: StandardOutputPolicy
    private let logger: Logger
    private let state = Mutex(State())
    private let whenEnded: @Sendable () -> Void

    init(
        _ source: any StandardErrorSource,
        gatewayID: String,
        configuration: GatewayConfiguration,
        whenEnded: @escaping @Sendable () -> Void
    ) throws {
        self.source = source
        self.gatewayID = gatewayID
        policy = configuration.output
        logger = configuration.logger
        self.whenEnded = whenEnded
        try source.start(onBytes: { self.accept($0) }, onEnd: { self.finish() })
    }

    var tail: [String] { state.withLock { $0.tail } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Takes what is there and stops.
    func stop() { source.stop() }

    private func accept(_ bytes: UnsafeRawBufferPointer) {
        let lines = state.withLock { state in
            var lines: [String] = []
            state.splitter.append(bytes) { lines.append(String(decoding: $0, as: UTF8.self)) }
            state.keep(lines)
            return lines
        }
        for line in lines { pass(line) }
    }

    private func finish() {
        let lines = state.withLock { state -> [String]? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            var lines: [String] = []
            state.splitter.finish { lines.append(String(decoding: $0, as: UTF8.self)) }
            state.keep(lines)
            return lines
        }
        guard let lines else { return }
        for line in lines { pass(line) }
        whenEnded()
    }

    private func pass(_ line: String) {
        switch policy {
        case .print: StandardStreams.printError("[\(gatewayID)] \(line)")
        case .log: logger.info("\(line)", metadata: ["gateway": "\(gatewayID)"])
        case .discard: break
        case .handler(let handler): handler(gatewayID, line)
        }
    }
}

extension StandardErrorReader.State {
    fileprivate mutating func keep(_ lines: [String]) {
        tail.append(contentsOf: lines.suffix(StandardErrorReader.keptLines))
        if tail.count > StandardErrorReader.keptLines { tail.removeFirst(tail.count - StandardErrorReader.keptLines) }
    }
}
