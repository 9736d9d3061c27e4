//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// Which of the direct paths a type has, found out once for each type.
///
/// Asking the runtime whether a type conforms to a protocol takes longer than encoding a number. The answers are kept in
/// a table that is only ever added to: reading it is one load.
struct WireTypeTraits {
    /// Types for which the generic code is worth avoiding.
    enum Known: UInt8 {
        case none, bool, int, double, string
    }

    let type: any Any.Type
    let known: Known
    /// The ``WireDirectWriter`` and ``WireDirectReader`` of the type, if it has them.
    let writer: AnyClass?
    let reader: AnyClass?
    let collectionEncoding: (any BridgedEncoding.Type)?
    let collectionDecoding: (any BridgedDecoding.Type)?

    private init(_ type: any Any.Type) {
        self.type = type
        known = Self.known(type)
        writer = (type as? any WireEncodable.Type)?.directWriter
        reader = (type as? any WireDecodable.Type)?.directReader
        collectionEncoding = type as? any BridgedEncoding.Type
        collectionDecoding = type as? any BridgedDecoding.Type
    }

    private static func known(_ type: any Any.Type) -> Known {
        switch ObjectIdentifier(type) {
        case ObjectIdentifier(Bool.self): .bool
        case ObjectIdentifier(Int.self): .int
        case ObjectIdentifier(Double.self): .double
        case ObjectIdentifier(String.self): .string
        default: .none
        }
    }

    private static let capacity = 1024
    private static let probes = 8

    /// Addresses of `WireTypeTraits` that are never changed or freed once they are in the table; 0 is an empty place.
    ///
    /// `nonisolated(unsafe)`: the pointer is a constant, and what it points to are atomics.
    private nonisolated(unsafe) static let table: UnsafeMutablePointer<Atomic<UInt>> = {
        let table = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: capacity)
        for index in 0..<capacity { (table + index).initialize(to: Atomic(0)) }
        return table
    }()

    /// Access to the traits without the check that the table has been made, which is a call.
    struct Table {
        fileprivate let start = WireTypeTraits.table

        @inline(__always)
        func traits(_ type: any Any.Type) -> UnsafePointer<WireTypeTraits> { WireTypeTraits.find(type, start) }
    }

    /// Where the traits are that found no place in the table.
    private static let others = Mutex<[ObjectIdentifier: UInt]>([:])

    /// The traits of a type.
    static func of(_ type: any Any.Type) -> UnsafePointer<WireTypeTraits> { find(type, table) }

    @inline(__always)
    private static func place(_ type: any Any.Type) -> Int {
        Int(truncatingIfNeeded: (UInt(bitPattern: ObjectIdentifier(type)) >> 4 &* 0x9E37_79B9) >> 8)
    }

    @inline(__always)
    private static func find(
        _ type: any Any.Type,
        _ table: UnsafeMutablePointer<Atomic<UInt>>
    ) -> UnsafePointer<WireTypeTraits> {
        let address = (table + place(type) & (capacity - 1)).pointee.load(ordering: .acquiring)
        if address != 0, pointer(address).pointee.type == type { return pointer(address) }
        return search(type, table)
    }

    @inline(never)
    private static func search(
        _ type: any Any.Type,
        _ table: UnsafeMutablePointer<Atomic<UInt>>
    ) -> UnsafePointer<WireTypeTraits> {
        let place = place(type)
        for probe in 0..<probes {
            let slot = table + (place &+ probe) & (capacity - 1)
            var address = slot.pointee.load(ordering: .acquiring)
            if address == 0 { address = add(type, at: slot) }
            let known = pointer(address)
            if known.pointee.type == type { return known }
        }
        return other(type)
    }

    private static func pointer(_ address: UInt) -> UnsafePointer<WireTypeTraits> {
        UnsafePointer(bitPattern: address).unsafelyUnwrapped
    }

    private static func make(_ type: any Any.Type) -> UInt {
        let new = UnsafeMutablePointer<WireTypeTraits>.allocate(capacity: 1)
        new.initialize(to: WireTypeTraits(type))
        return UInt(bitPattern: new)
    }

    /// Puts the traits of a type in an empty place, and returns what is there now: that, or what another thread put there.
    @inline(never)
    private static func add(_ type: any Any.Type, at slot: UnsafeMutablePointer<Atomic<UInt>>) -> UInt {
        let new = make(type)
        let (exchanged, original) = slot.pointee.compareExchange(
            expected: 0,
            desired: new,
            ordering: .acquiringAndReleasing
        )
        if exchanged { return new }
        pointer(new).deallocate()
        return original
    }

    @inline(never)
    private static func other(_ type: any Any.Type) -> UnsafePointer<WireTypeTraits> {
        others.withLock { others in
            let address = others[ObjectIdentifier(type)] ?? make(type)
            others[ObjectIdentifier(type)] = address
            return pointer(address)
        }
    }
}
