//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem

/// What a launcher returns: a byte stream on which an agent is about to speak, and what is known about its process.
package struct LaunchedStream: Sendable {
    package var input: Descriptor
    package var output: Descriptor
    /// The far side's standard error, if it comes separately.
    package var errors: Descriptor?
    /// The local process, if there is one: the agent itself, or the program that leads to it.
    package var process: ChildProcess?
    package var poller: Poller
    /// What the far side has to read before the first frame.
    package var preamble: [UInt8] = []

    package init(
        input: Descriptor,
        output: Descriptor,
        errors: Descriptor?,
        process: ChildProcess?,
        poller: Poller
    ) {
        self.input = input
        self.output = output
        self.errors = errors
        self.process = process
        self.poller = poller
    }
}
