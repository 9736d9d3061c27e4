//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire
import Synchronization

/// The standard error of a process that was started through a gateway, and how it ends: both come on a channel of their own.
package final class ChannelErrors: StandardErrorSource {
    private struct Handlers: Sendable {
        var onBytes: @Sendable (UnsafeRawBufferPointer) -> Void
        var onEnd: @Sendable () -> Void
    }

    /// More than an agent gives a process whose stream is closed.
    private static let patience = Duration.seconds(4)

    /// The process, which is gone when the channel says so, or is over itself.
    package let process: RemoteProcess
    private let channel: Channel
    private let poller: Poller
    private let handlers = Mutex<Handlers?>(nil)

    init(_ channel: Channel, poller: Poller) {
        self.channel = channel
        self.poller = poller
        process = RemoteProcess(name: "process on gateway \"\(channel.gatewayID)\"") { number in
            // On this channel it does not have to wait for what the process has yet to read.
            guard let item = try? Wire.encode(number) else { return }
            channel.endpoint.enqueueWhole(item, on: channel.core, Waiter())
        }
    }

    /// Begins to listen. The functions are called on the thread that reads the gateway's link.
    package func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) {
        handlers.withLock { $0 = Handlers(onBytes: onBytes, onEnd: onEnd) }
        channel.endpoint.attach(self, to: channel.core)
    }

    /// The end of the process is still waited for.
    package func stop() { handlers.withLock { $0.take() }?.onEnd() }

    private func end(_ status: ExitStatus?) {
        let handlers = handlers.withLock { $0.take() }
        // First, as the one who is told of the errors' end looks at it, and as closing comes back here.
        process.ended(status)
        handlers?.onEnd()
        channel.close(with: nil)
    }
}

extension ChannelErrors: ChannelSink {
    package func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int {
        if let bytes = ByteString.content(of: item) {
            let onBytes = handlers.withLock { $0?.onBytes }
            onBytes?(bytes)
        } else if let value = try? Wire.decode(Value.self, from: item), let status = ExitStatus(streamValue: value) {
            end(status)
        }
        return cost
    }

    package func receivedEnd() { endUnknown() }
    package func closed(_ end: ChannelEnd) { endUnknown() }

    /// Sees to it that the process counts as gone some time after its stream, whatever is heard of it: a Python agent whose program was cancelled
    /// before it began knows nothing of this channel.
    func end(after stream: Channel) {
        stream.endpoint.whenClosed(stream.core) {
            self.poller.schedule(after: ChannelErrors.patience) { if !self.process.isGone { self.end(nil) } }
        }
    }

    /// The process was never started, or its gateway is lost. The stream itself tells more, at the same moment, so it comes first.
    private func endUnknown() {
        guard !process.isGone else { return }
        poller.schedule(after: .milliseconds(50)) { self.end(nil) }
    }
}

extension ExitStatus {
    /// As the last item on the channel of a process's standard error.
    var streamValue: Value {
        switch self {
        case .exited(let status): ["exit": .int(Int64(status))]
        case .signalled(let number): ["signal": .int(Int64(number))]
        }
    }

    init?(streamValue value: Value) {
        if let status = value["exit"]?.int {
            self = .exited(Int32(truncatingIfNeeded: status))
        } else if let number = value["signal"]?.int {
            self = .signalled(Int32(truncatingIfNeeded: number))
        } else {
            return nil
        }
    }
}
