//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A key that is looked for.
struct WireKeyQuery {
    let name: String
    let number: Int?

    init(_ key: some CodingKey) {
        name = key.stringValue
        number = key.intValue
    }

    /// Reads a key and tells whether it is this one.
    @inline(__always)
    func matches(_ reader: inout WireReader) throws(WireError) -> Bool {
        let offset = reader.position
        let head = try reader.readHead()
        guard head.major == WireMajor.text, !head.isIndefinite else {
            return try matchesUnusual(&reader, from: offset)
        }
        let block = try reader.readBlock(head, at: offset)
        let same = name.utf8.withContiguousStorageIfAvailable { utf8 -> Bool in
            guard utf8.count == block.count else { return false }
            guard let start = block.baseAddress, let other = utf8.baseAddress else { return true }
            return WireKey.equal(start, UnsafeRawPointer(other), count: utf8.count)
        }
        if same ?? name.utf8.elementsEqual(block) { return true }
        guard UTF8Check.isValid(block) else { throw .notUTF8(at: offset) }
        return false
    }

    @inline(never)
    private func matchesUnusual(_ reader: inout WireReader, from offset: Int) throws(WireError) -> Bool {
        reader.seek(to: offset)
        switch try reader.peekKind() {
        case .string: return try reader.readString() == name
        case .unsignedInteger, .negativeInteger:
            guard let value = try? reader.readInt() else {
                reader.seek(to: offset)
                try reader.skip()
                return false
            }
            return value == number
        default:
            try reader.skip()
            return false
        }
    }
}
