//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A piece of work that travels as a value: its fields are encoded here and decoded there, then `run` is called on the far side.
///
///     struct Square: RemoteTask {
///         var number: Int
///         func run(on channel: Channel) async throws { try await channel.send(number * number) }
///     }
///
/// The far side needs a type of the same name, so the task may also run in an image built for another platform.
public protocol RemoteTask: Codable, Sendable {
    /// The work. Its items are sent on the channel; returning closes it, throwing closes it with a ``RemoteError``.
    func run(on channel: Channel) async throws
}
