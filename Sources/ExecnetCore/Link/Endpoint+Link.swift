//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire
import Synchronization

/// Frames of the link itself.
extension Endpoint {
    package func sendHello(_ hello: Hello) throws(WireError) { sendControl(.hello, try Wire.encode(hello.value)) }

    /// Takes note of what the peer's hello says.
    package func heard(_ hello: Hello) {
        state.withLock {
            $0.peerItemLimit = Int(clamping: hello.itemLimit)
            $0.prologue = nil
            $0.isEarly = false
            $0.isUnsaid = false
        }
    }

    package func sendControl(_ type: FrameType, _ payload: WireBytes) {
        _ = try? perform { $0.sendControl(type, payload) }
    }

    /// Sends a log record. Logging waits for nobody, so a record is dropped while much waits to be written: the other side does not read.
    package func sendLog(_ payload: WireBytes) {
        _ = try? perform { if $0.bufferedOutput < 2 * Multiplexer.outboundTarget { $0.sendControl(.log, payload) } }
    }

    /// Opens a channel and asks the agent to run a program on it.
    func open(_ describe: (ChannelCore) throws -> WireBytes) async throws -> Channel {
        let core = state.withLock { $0.multiplexer.makeChannel(attached: true) }
        let channel = Channel(core: core, endpoint: self)
        do {
            if let end { throw end }
            try await send(.open, try describe(core), on: core)
        } catch {
            forget(core)
            throw error
        }
        return channel
    }

    /// Takes a channel back that the other side has never heard of.
    private func forget(_ core: ChannelCore) {
        var wake = Wakeups()
        state.withLock { $0.multiplexer.forget(core, &wake) }
        resume(&wake)
    }
}
