//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The direct path of a value whose static type is not known to conform, only found to at run time.
extension WireWriter {
    @inline(__always)
    mutating func writeDirect<Value>(_ value: Value, _ traits: UnsafePointer<WireTypeTraits>) throws(WireError) {
        switch traits.pointee.known {
        case .none: try writeOpened(value, traits)
        case .bool: writeBool(unsafeBitCast(value, to: Bool.self))
        case .int: writeInt(unsafeBitCast(value, to: Int.self))
        case .double: writeDouble(unsafeBitCast(value, to: Double.self))
        case .string: writeString(unsafeBitCast(value, to: String.self))
        case .bytes, .ints, .doubles, .strings:
            try withUnsafePointer(to: value) { (pointer) throws(WireError) in
                try writeArray(at: UnsafeMutableRawPointer(mutating: pointer), traits.pointee.known)
            }
        case .value: try unsafeBitCast(value, to: ExecnetWire.Value.self).encode(into: &self)
        }
    }

    private mutating func writeArray(
        at array: UnsafeMutableRawPointer,
        _ known: WireTypeTraits.Known
    ) throws(WireError) {
        switch known {
        case .bytes: try write(&array.assumingMemoryBound(to: [UInt8].self).pointee)
        case .ints: try write(&array.assumingMemoryBound(to: [Int].self).pointee)
        case .doubles: try write(&array.assumingMemoryBound(to: [Double].self).pointee)
        default: try write(&array.assumingMemoryBound(to: [String].self).pointee)
        }
    }

    /// Writes an array, which is not changed: it is `inout` because the compiler counts a reference to what it gets by
    /// an address, unless nobody else can change it meanwhile.
    @inline(never)
    private mutating func write<Element: WireEncodable>(_ array: inout [Element]) throws(WireError) {
        try array.encode(into: &self)
    }

    private mutating func writeOpened<Value>(
        _ value: Value,
        _ traits: UnsafePointer<WireTypeTraits>
    ) throws(WireError) {
        guard let type = traits.pointee.encodable else { return }
        try withUnsafePointer(to: value) { (pointer) throws(WireError) in
            try type.write(at: UnsafeRawPointer(pointer), into: &self)
        }
    }
}

extension WireEncodable {
    /// Writes the value of this type that is at `pointer`.
    fileprivate static func write(at pointer: UnsafeRawPointer, into writer: inout WireWriter) throws(WireError) {
        try pointer.assumingMemoryBound(to: Self.self).pointee.encode(into: &writer)
    }
}

extension WireReader {
    @inline(__always)
    mutating func readDirect<Value>(
        _ type: Value.Type,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ direct: any WireDecodable.Type
    ) throws(WireError) -> Value {
        switch traits.pointee.known {
        case .none: try readOpened(type, direct)
        case .bool: unsafeBitCast(try readBool(), to: Value.self)
        case .int: unsafeBitCast(try readInt(), to: Value.self)
        case .double: unsafeBitCast(try readDouble(), to: Value.self)
        case .string: unsafeBitCast(try readString(), to: Value.self)
        case .bytes: unsafeBitCast(try readBytes(), to: Value.self)
        case .ints: unsafeBitCast(try [Int](from: &self), to: Value.self)
        case .doubles: unsafeBitCast(try [Double](from: &self), to: Value.self)
        case .strings: unsafeBitCast(try [String](from: &self), to: Value.self)
        case .value: unsafeBitCast(try ExecnetWire.Value(from: &self), to: Value.self)
        }
    }

    private mutating func readOpened<Value>(
        _ type: Value.Type,
        _ direct: any WireDecodable.Type
    ) throws(WireError) -> Value {
        func open<Direct: WireDecodable>(_ direct: Direct.Type) throws(WireError) -> Value {
            unsafeBitCast(try Direct(from: &self), to: Value.self)
        }
        return try open(direct)
    }
}
