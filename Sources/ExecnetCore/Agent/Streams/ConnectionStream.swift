//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire

/// Joins a channel to a connection made from here.
struct ConnectionStream {
    /// Long enough for most networks, and less than a coordinator waits: it should hear why.
    private static let patience = Duration.seconds(10)

    let target: Connector.Target
    let channel: Channel

    func run() async throws {
        let descriptor: StreamDescriptor
        do {
            let connection = try await Connector.connect(to: target, within: ConnectionStream.patience)
            descriptor = try StreamDescriptor(connection, poller: try PollerThread.shared())
        } catch let error as Connector.Failure {
            throw ProgramRunner.Refusal(reason: error.description, type: error.kind.rawValue)
        }
        let output = StreamOutput(channel, to: descriptor)
        let input = StreamInput(descriptor, to: channel)
        let failure = await withTaskCancellationHandler {
            output.start()
            input.start()
            let failure = await input.ended()
            // One direction may go on when the other has ended.
            channel.end()
            if failure == 0 { await output.over() }
            return failure
        } onCancel: {
            input.stop()
            output.stop()
        }
        descriptor.close()
        output.stop()
        guard failure == 0 else {
            throw RemoteError(
                type: "",
                message: "the connection to \(target) broke: \(String(cString: strerror(failure)))"
            )
        }
    }
}
