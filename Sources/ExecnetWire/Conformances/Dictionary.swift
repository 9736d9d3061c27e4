//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

extension Dictionary: WireEncodable where Key: WireEncodable, Value: WireEncodable {
    @inlinable
    public func encode(into writer: inout WireWriter) throws(WireError) {
        if Key.self == String.self {
            return try Value.encodeEntries(unsafeBitCast(self, to: [String: Value].self), into: &writer)
        }
        try writer.enter()
        writer.beginMap(count)
        for (key, value) in self {
            try key.encode(into: &writer)
            try value.encode(into: &writer)
        }
        writer.leave()
    }
}

extension Dictionary: WireDecodable where Key: WireDecodable, Value: WireDecodable {
    /// Reads a map; of equal keys the last one wins.
    @inlinable
    public init(from reader: inout WireReader) throws(WireError) {
        if Key.self == String.self {
            self = unsafeBitCast(try Value.decodeEntries(from: &reader), to: [Key: Value].self)
            return
        }
        try reader.enter()
        var left = try reader.readMapHead()
        self.init()
        if let left {
            let stride = MemoryLayout<Key>.stride + MemoryLayout<Value>.stride
            reserveCapacity(reader.reservation(left, stride: stride * 2))
        }
        while try reader.next(&left) {
            let key = try Key(from: &reader)
            self[key] = try Value(from: &reader)
        }
        reader.leave()
    }
}
