//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

/// What a launcher returns: a byte stream on which an agent is about to speak, and what is known about its process.
package struct LaunchedStream: Sendable {
    /// Makes the link that moves an endpoint's bytes over the stream; called once.
    package var makeLink: @Sendable (Endpoint) throws -> any Link
    /// The far side's standard error, if it comes separately.
    package var errors: (any StandardErrorSource)?
    /// The process at the other end, if anything is known of it.
    package var process: (any LaunchedProcess)?
    package var poller: Poller
    /// The gateway that the bytes travel through, if they do.
    package var hop: Gateway?
    /// Bytes that the far side has to read before the first frame.
    package var preamble: [UInt8] = []
    /// How often to look whether the far side lives, if the user has not said otherwise.
    package var heartbeat: Duration?
    /// The conversation that leads to an agent there, if there is none yet.
    package var prologue: (any Prologue)?
    /// Whether a lost connection is known as such, and not only as the end of what was at its other end.
    package var tellsOfLoss = false
    /// Says more of the end of the process, whose status it gets: that of a client may be the client's own.
    package var explain: (@Sendable (GatewayError, ExitStatus) -> GatewayError)?

    package init(
        poller: Poller,
        errors: (any StandardErrorSource)?,
        process: (any LaunchedProcess)?,
        makeLink: @escaping @Sendable (Endpoint) throws -> any Link
    ) {
        self.poller = poller
        self.errors = errors
        self.process = process
        self.makeLink = makeLink
    }

    /// A stream over descriptors; `input` and `output` may be the same.
    package init(
        input: Descriptor,
        output: Descriptor,
        errors: Descriptor?,
        process: (any LaunchedProcess)?,
        poller: Poller
    ) {
        self.init(
            poller: poller,
            errors: errors.map { DescriptorErrors($0, poller: poller) },
            process: process
        ) { try DescriptorLink(input: input, output: output, poller: poller, endpoint: $0) }
    }
}
