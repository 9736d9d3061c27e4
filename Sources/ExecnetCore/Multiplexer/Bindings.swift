//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetWire

/// The names and values that both sides of a channel see, and which of two concurrent changes holds.
///
/// Every change carries a Lamport counter. The higher counter wins, the coordinator's if they are equal; both sides apply the same
/// rule, so they agree once all changes have arrived.
package struct Bindings {
    /// The most names that a channel may have.
    package static let maximumCount = 65_536
    /// The most that the values of a channel's names may take together, in encoded bytes.
    package static let maximumSize = 64 << 20
    /// How much more than its own limits a side takes from the other: both may add up to them at the same time.
    static let tolerance = 2

    private struct Entry {
        var value: Value
        var counter: UInt64
        var fromCoordinator: Bool
        var size: Int
    }

    private var entries: [String: Entry] = [:]
    private var size = 0
    package private(set) var counter: UInt64 = 0

    package init() {}

    package var values: [String: Value] { entries.mapValues(\.value) }

    package func value(of name: String) -> Value? { entries[name]?.value }

    /// Takes over a change of this side, of `size` encoded bytes, and returns the counter to send with it.
    package mutating func set(
        _ changes: [String: Value],
        size: Int,
        asCoordinator: Bool
    ) throws(ChannelError) -> UInt64 {
        guard fits(changes.keys, size: size, factor: 1) else {
            throw ChannelError(
                .tooManyBindings,
                "A channel's bindings hold at most \(Bindings.maximumCount) names and \(Bindings.maximumSize) bytes; send items instead."
            )
        }
        counter += 1
        store(changes, share: size / max(changes.count, 1), counter: counter, fromCoordinator: asCoordinator)
        return counter
    }

    /// Takes over a change of the peer; returns what took effect. Nil: the change breaks a limit.
    package mutating func apply(
        _ changes: [String: Value],
        size: Int,
        counter received: UInt64,
        fromCoordinator: Bool
    ) -> [String: Value]? {
        guard received < UInt64.max / 2, fits(changes.keys, size: size, factor: Bindings.tolerance) else { return nil }
        counter = max(counter, received)
        let effective = changes.filter { name, _ in
            guard let entry = entries[name] else { return true }
            return (received, fromCoordinator ? 1 : 0) > (entry.counter, entry.fromCoordinator ? 1 : 0)
        }
        store(effective, share: size / max(changes.count, 1), counter: received, fromCoordinator: fromCoordinator)
        return effective
    }

    private mutating func store(_ changes: [String: Value], share: Int, counter: UInt64, fromCoordinator: Bool) {
        for (name, value) in changes {
            let entry = Entry(value: value, counter: counter, fromCoordinator: fromCoordinator, size: share)
            self.size += share - (entries.updateValue(entry, forKey: name)?.size ?? 0)
        }
    }

    private func fits(_ names: some Sequence<String>, size added: Int, factor: Int) -> Bool {
        var count = entries.count
        var size = size + added
        for name in names {
            if let entry = entries[name] { size -= entry.size } else { count += 1 }
        }
        return count <= factor * Bindings.maximumCount && size <= factor * Bindings.maximumSize
    }
}
