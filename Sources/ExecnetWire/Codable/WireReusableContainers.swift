//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Keyed containers that are handed out again when nobody has them any more.
///
/// A `KeyedEncodingContainer` is a box that the standard library allocates, of a class that the runtime has to look up,
/// for every map. Many values of one type ask for the same few again and again.
struct WireReusableContainers {
    private static let capacity = 16

    private var slots: [Unmanaged<WireKeyedSlot>] = []
    private var next = 0
    private var asked = 0

    /// A slot whose container is free; `nil` if there is none.
    @inline(__always)
    mutating func slot<Key: CodingKey>(_ type: Key.Type, _ state: WireEncodingState) -> Unmanaged<WireKeyedSlot>? {
        guard let slot = find(type) ?? add(type, state), slot._withUnsafeGuaranteedRef({ $0.isFree }) else { return nil }
        return slot
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

    @inline(never)
    private mutating func add<Key: CodingKey>(_ type: Key.Type, _ state: WireEncodingState) -> Unmanaged<WireKeyedSlot>? {
        asked += 1
        // Not worth it for one small value.
        guard asked > 4, slots.count < Self.capacity else { return nil }
        let slot = Unmanaged.passRetained(WireKeyedSlot.make(type, state))
        slots.append(slot)
        next = 0
        return slot
    }

    /// Breaks the cycle: the containers refer to their slots and to the state that has this.
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
    final var isFree: Bool {
        guard box != nil else { return false }
        return withUnsafeMutablePointer(to: &box) { box in
            // An optional address is laid out as a reference is, and it is the address of an object that `kept` holds.
            isKnownUniquelyReferenced(&UnsafeMutableRawPointer(box).assumingMemoryBound(to: AnyObject.self).pointee)
        }
    }

    /// The container, which is free.
    @inline(__always)
    final func container<Key: CodingKey>(_ type: Key.Type) -> KeyedEncodingContainer<Key> {
        // The class is the one that `make(_:_:)` chose for this type of keys.
        unsafeDowncast(self, to: WireKeptContainer<KeyedEncodingContainer<Key>>.self).container()
    }

    fileprivate func letGo() {}

    fileprivate static func make<Key: CodingKey>(_ type: Key.Type, _ state: WireEncodingState) -> WireKeyedSlot {
        let slot = WireKeptContainer<KeyedEncodingContainer<Key>>(type)
        let container = KeyedEncodingContainer<Key>(WireKeyedEncodingContainer(state: state, slot: slot))
        slot.keep(container)
        // The layout is the standard library's own affair: where it is another one, no container is used again.
        if MemoryLayout<KeyedEncodingContainer<Key>>.size == MemoryLayout<AnyObject>.size {
            slot.box = withUnsafeBytes(of: container) { $0.load(as: UnsafeRawPointer.self) }
        }
        return slot
    }
}

/// A kept `KeyedEncodingContainer`.
///
/// The class is generic over the whole type, and ``container()`` is not inlined, so that the type is found in the object.
/// A function that is generic over the keys would have to look it up at every call.
private final class WireKeptContainer<Container>: WireKeyedSlot {
    /// By a pointer: to copy out of an `Optional` is slower.
    @exclusivity(unchecked) private var kept: UnsafeMutablePointer<Container>?

    func keep(_ container: Container) {
        kept = .allocate(capacity: 1)
        kept?.initialize(to: container)
    }

    @inline(never)
    func container() -> Container { kept.unsafelyUnwrapped.pointee }

    fileprivate override func letGo() {
        box = nil
        kept?.deinitialize(count: 1).deallocate()
        kept = nil
    }
}
