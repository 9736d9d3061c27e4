//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Keyed containers that are handed out again when nobody has them any more.
///
/// A `KeyedEncodingContainer` or `KeyedDecodingContainer` is a box that the standard library allocates, of a class that
/// the runtime has to look up, for every map. Many values of one type ask for the same few again and again.
struct WireReusableContainers {
    private static let capacity = 16

    private var slots: [Unmanaged<WireKeyedSlot>] = []
    private var next = 0
    private var asked = 0

    /// A slot whose container is free; `nil` if there is none. `make` makes the container for a new slot.
    @inline(__always)
    mutating func slot<Key: CodingKey, Container>(
        _ type: Key.Type,
        _ make: (WireKeyedSlot) -> Container
    ) -> Unmanaged<WireKeyedSlot>? {
        guard let slot = find(type) ?? (isWorthIt() ? add(type, make) : nil) else { return nil }
        if slot._withUnsafeGuaranteedRef({ $0.isFree }) { return slot }
        // Containers inside the last one may refer to it although nobody has them any more.
        for other in slots { other._withUnsafeGuaranteedRef { $0.forgetParent() } }
        return slot._withUnsafeGuaranteedRef { $0.isFree } ? slot : nil
    }

    private mutating func find(_ type: any Any.Type) -> Unmanaged<WireKeyedSlot>? {
        // Fields are encoded in the same order every time, so the container asked for after the last one is likely.
        for _ in 0..<slots.count {
            let slot = slots[next]
            next = next + 1 == slots.count ? 0 : next + 1
            if slot._withUnsafeGuaranteedRef({ $0.type == type }) { return slot }
        }
        return nil
    }

    /// Whether there is room for one more; for one small value it would cost more than it gains.
    private mutating func isWorthIt() -> Bool {
        asked += 1
        return asked > 4 && slots.count < Self.capacity
    }

    @inline(never)
    private mutating func add<Key: CodingKey, Container>(
        _ type: Key.Type,
        _ make: (WireKeyedSlot) -> Container
    ) -> Unmanaged<WireKeyedSlot> {
        let slot = WireKeptContainer<Container>(type)
        slot.keep(make(slot))
        let unmanaged = Unmanaged<WireKeyedSlot>.passRetained(slot)
        slots.append(unmanaged)
        next = 0
        return unmanaged
    }

    /// Breaks the cycle: the containers refer to their slots, and to the state that has this.
    func letGo() {
        for slot in slots { slot.takeRetainedValue().letGo() }
    }
}

/// The place where a container that is used again is kept, and what it needs.
class WireKeyedSlot {
    final let type: any Any.Type
    final let use: UnsafeMutablePointer<WireKeyedUse>
    /// The address of the object that the kept container consists of, not counted as a reference.
    @exclusivity(unchecked) fileprivate final var box: UnsafeRawPointer?
    /// The same of the map that a container for decoding is about.
    @exclusivity(unchecked) final var scope: UnsafeRawPointer?

    fileprivate init<Key: CodingKey>(_ type: Key.Type) {
        self.type = type
        use = .allocate(capacity: 1)
        use.initialize(to: WireKeyedUse(type))
    }

    deinit {
        use.pointee.deallocate()
        use.deallocate()
    }

    /// Whether nobody else has the container, so that handing it out takes it away from nobody.
    @inline(__always)
    final var isFree: Bool { isUnique(&box) && (scope == nil || isUnique(&scope)) }

    @inline(__always)
    private final func isUnique(_ address: inout UnsafeRawPointer?) -> Bool {
        guard address != nil else { return false }
        return withUnsafeMutablePointer(to: &address) { address in
            // An optional address is laid out as a reference is, and it is that of an object that `kept` holds.
            isKnownUniquelyReferenced(&UnsafeMutableRawPointer(address).assumingMemoryBound(to: AnyObject.self).pointee)
        }
    }

    /// Lets go of the map around the one that was read last, if nobody has the container.
    fileprivate final func forgetParent() {
        guard let scope, isUnique(&box) else { return }
        Unmanaged<WireDecodingScope>.fromOpaque(scope)._withUnsafeGuaranteedRef { $0.parent = nil }
    }

    /// The container, which is free and of this type.
    @inline(__always)
    final func container<Container>() -> Container {
        unsafeDowncast(self, to: WireKeptContainer<Container>.self).container()
    }

    fileprivate func letGo() {}
}

/// A kept `KeyedEncodingContainer` or `KeyedDecodingContainer`.
///
/// The class is generic over the whole type, and ``container()`` is not inlined, so that the type is found in the object.
/// A function that is generic over the keys would have to look it up at every call.
private final class WireKeptContainer<Container>: WireKeyedSlot {
    /// By a pointer: to copy out of an `Optional` is slower.
    @exclusivity(unchecked) private var kept: UnsafeMutablePointer<Container>?

    func keep(_ container: Container) {
        kept = .allocate(capacity: 1)
        kept?.initialize(to: container)
        // The layout is the standard library's own affair: where it is another one, no container is used again.
        if MemoryLayout<Container>.size == MemoryLayout<AnyObject>.size {
            box = withUnsafeBytes(of: container) { $0.load(as: UnsafeRawPointer.self) }
        }
    }

    @inline(never)
    func container() -> Container { kept.unsafelyUnwrapped.pointee }

    fileprivate override func letGo() {
        box = nil
        scope = nil
        kept?.deinitialize(count: 1).deallocate()
        kept = nil
    }
}
