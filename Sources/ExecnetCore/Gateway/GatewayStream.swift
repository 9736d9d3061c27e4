//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

/// A stream of raw bytes that travels in a channel: its items are byte strings.
package struct GatewayStream: Sendable {
    package let channel: Channel
    /// The standard error of the process at its other end, and its end, if it is a process.
    package let errors: ChannelErrors?
    private let poller: Poller

    init(_ channel: Channel, poller: Poller, errors: ChannelErrors?) {
        self.channel = channel
        self.errors = errors
        self.poller = poller
    }

    /// The stream as a socket of this process, for whoever needs one. Each direction ends by itself; when the socket is closed, all does.
    package func socket() throws -> Descriptor {
        let pair = try DescriptorPair.sockets()
        let inner = try StreamDescriptor(pair.second, poller: poller)
        let output = StreamOutput(channel, to: inner)
        let input = StreamInput(inner, to: channel)
        // The two handlers also keep their objects, until they have been called.
        output.whenOver {
            _ = output
            input.whenEnded { _ in
                inner.close()
                channel.close(with: nil)
            }
        }
        input.whenEnded { failure in
            _ = input
            channel.end()
            if failure == 0 { inner.whenHungUp { output.stop() } } else { output.stop() }
        }
        output.start()
        input.start()
        return pair.first
    }

    /// The stream as launchers return it.
    package var launched: LaunchedStream {
        LaunchedStream(poller: poller, errors: errors, process: errors?.process) { [channel, poller] endpoint in
            ChannelLink(channel, poller: poller, endpoint: endpoint)
        }
    }
}
