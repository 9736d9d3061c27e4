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

    private let descriptor: Descriptor
    private let gatewayID: String
    private let policy: StandardOutputPolicy
    private let logger: Logger
    private let poller: Poller
    private let state = Mutex(State())
    private let whenEnded: @Sendable () -> Void

    init(
        _ descriptor: Descriptor,
        gatewayID: String,
        configuration: GatewayConfiguration,
        poller: Poller,
        whenEnded: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        self.descriptor = descriptor
        self.gatewayID = gatewayID
        policy = configuration.output
        logger = configuration.logger
        self.poller = poller
        self.whenEnded = whenEnded
        try descriptor.makeNonBlocking()
        try poller.add(descriptor.value) { self.ready() }
    }

    var tail: [String] { state.withLock { $0.tail } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Takes what is there and stops.
    func stop() {
        while read() == .more {}
        finish()
    }

    private func ready() {
        // A few reads a turn: one that prints without end must not hold up the links.
        for _ in 0..<4 {
            switch read() {
            case .more: continue
            case .nothing: return
            case .end: return finish()
            }
        }
    }

    private enum Step { case more, nothing, end }

    private func read() -> Step {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            switch descriptor.read(into: buffer) {
            case .bytes(let count):
                accept(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                return .more
            case .wouldBlock: return .nothing
            case .ended: return .end
            }
        }
    }

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
        poller.remove(descriptor.value)
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
