//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
package import ExecnetWire

/// What is said on a stream before the first frame: how an agent gets to the far side and starts there.
///
/// A pure state machine: bytes and answers go in, bytes and work come out. The endpoint drives it in place of the multiplexer until it
/// is done, so that it works over every kind of link.
package protocol Prologue: Sendable {
    /// Takes in bytes; returns how many it used. Once it is done the rest belongs to the link.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> Int

    /// What is to be written next; nil: nothing for now. Called again when it has been written.
    mutating func nextOutput() throws(GatewayError) -> WireBytes?

    /// Work that takes a while and whose result it needs; done by a task of its own. Nil: nothing for now.
    mutating func nextWork() -> (@Sendable () async -> any Sendable)?

    /// Takes the result of the work.
    mutating func workDone(_ result: any Sendable) throws(GatewayError)

    /// Counts what the far side has said that was of use: while it grows, there is patience.
    var steps: Int { get }

    /// Whether this side has said all, so that frames may follow.
    var isSaid: Bool { get }

    /// Whether the far side now speaks frames.
    var isDone: Bool { get }

    /// Why there is no agent, after the stream has ended or has been silent for too long. Asked until the agent has sent its hello.
    func failure(_ end: PrologueEnd) -> GatewayError
}

/// How a prologue came to a bad end.
package enum PrologueEnd: Sendable {
    /// The far side has closed the stream; its process, if there is one to see, has ended so.
    case ended(ExitStatus?)
    /// It has said nothing of use for this long.
    case silent(Duration)
}
