//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

public import ExecnetWire

/// What is called for every item, every change of bindings and the end of a channel.
///
/// Calls for one channel run one at a time, in the order of subscription, never on a thread that serves links; a slow
/// one holds up its channel alone. One that throws closes its channel with the error, which the other side sees.
/// A subscriber may be subscribed several times and to several channels.
public final class Subscriber: Sendable {
    public typealias ItemHandler = @Sendable (Value, Channel) async throws -> Void
    public typealias BindingsHandler = @Sendable ([String: Value], Channel) async throws -> Void
    /// Given nil if the other side ended without an error.
    public typealias EndHandler = @Sendable ((any Error)?) async -> Void

    let onItem: (@Sendable (WireBytes, Channel) async throws -> Void)?
    let onBindings: BindingsHandler?
    let onEnd: EndHandler?

    /// - Parameters:
    ///   - onItem: called with every item.
    ///   - onBindings: called with every change that the other side made, all names of one `set` at once.
    ///   - onEnd: called once, last.
    public init(
        onItem: ItemHandler? = nil,
        onBindings: BindingsHandler? = nil,
        onEnd: EndHandler? = nil
    ) {
        if let onItem {
            self.onItem = { payload, channel in
                try await onItem(try channel.endpoint.decode(Value.self, from: payload), channel)
            }
        } else {
            self.onItem = nil
        }
        self.onBindings = onBindings
        self.onEnd = onEnd
    }

    /// A subscriber to items of one type; an item of another type is an error that closes the channel.
    public init<T: Decodable & SendableMetatype>(
        itemsAs type: T.Type,
        onEnd: EndHandler? = nil,
        onItem: @escaping @Sendable (T) async throws -> Void
    ) {
        self.onItem = { payload, channel in try await onItem(try channel.endpoint.decode(type, from: payload)) }
        onBindings = nil
        self.onEnd = onEnd
    }

    /// A subscriber to items as they were encoded.
    package init(
        onPayload: @escaping @Sendable (WireBytes, Channel) async throws -> Void,
        onBindings: @escaping BindingsHandler,
        onEnd: @escaping EndHandler
    ) {
        onItem = onPayload
        self.onBindings = onBindings
        self.onEnd = onEnd
    }

    var takesItems: Bool { onItem != nil }
    var takesBindings: Bool { onBindings != nil }
}
