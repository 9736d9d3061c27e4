//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Finding the values of a map by their keys.
extension WireDecodingScope {
    /// The position of a key's value, or `nil`. `take` says that it will be read now; else it can be asked for again.
    func find(_ key: some CodingKey, take: Bool) throws -> Int? {
        let query = WireKeyQuery(key)
        do throws(WireError) {
            return try find(query, take: take)
        } catch {
            throw located(error)
        }
    }

    /// Finds the value of a key that will be read now, at once if the key is the next one and known as it is written.
    @inline(__always)
    func take<Key: CodingKey>(_ key: Key) throws -> Int? {
        guard let name = use?.pointee.name(key) else { return try find(key, take: true) }
        if name.pointee.length > 0, let position = takeNext(name) { return position }
        return try learn(key, name)
    }

    @inline(__always)
    private func takeNext(_ name: UnsafePointer<WireShortText>) -> Int? {
        guard let announcedCount, index < announcedCount, table == nil else { return nil }
        if pending >= 0, index == pendingNext {
            guard state.completed.start == pending else { return nil }
            cursor = state.completed.end
        }
        guard state.reader.begins(at: cursor, with: name) else { return nil }
        return begin(cursor, cursor + name.pointee.length, index, true)
    }

    @inline(never)
    private func learn(_ key: some CodingKey, _ name: UnsafeMutablePointer<WireShortText>) throws -> Int? {
        guard let value = try find(key, take: true) else { return nil }
        if table == nil, pending == value, name.pointee.length == 0 {
            name.pointee = state.reader.short(from: pendingKey, to: value)
        }
        return value
    }

    private func find(_ query: WireKeyQuery, take: Bool) throws(WireError) -> Int? {
        if let table { return Self.look(query, table) }
        try settle()
        if try hasElement(at: cursor, index) {
            state.reader.seek(to: cursor)
            if try query.matches(&state.reader) { return begin(cursor, state.reader.position, index, take) }
        }
        return try search(query, take: take)
    }

    @inline(__always)
    private func begin(_ key: Int, _ value: Int, _ index: Int, _ take: Bool) -> Int {
        if take {
            pendingKey = key
            pending = value
            self.index = index + 1
            pendingNext = index + 1
        } else {
            cursor = key
            self.index = index
        }
        return value
    }

    private func hasElement(at position: Int, _ index: Int) throws(WireError) -> Bool {
        if let announcedCount { return index < announcedCount }
        state.reader.seek(to: position)
        return try state.reader.peekByte() != WireByte.stop
    }

    /// Looks for a key out of order: from the next element to the end, then from the first to the next.
    @inline(never)
    private func search(_ query: WireKeyQuery, take: Bool) throws(WireError) -> Int? {
        var position = cursor
        var number = index
        while try hasElement(at: position, number) {
            state.reader.seek(to: position)
            if try query.matches(&state.reader) { return begin(position, state.reader.position, number, take) }
            position = try skipValue()
            number += 1
            if number > 64 { return Self.look(query, try makeTable()) }
        }
        let end = index
        position = first
        number = 0
        while number < end {
            state.reader.seek(to: position)
            if try query.matches(&state.reader) { return begin(position, state.reader.position, number, take) }
            position = try skipValue()
            number += 1
        }
        return nil
    }

    /// Moves past the value at which the reader stands.
    private func skipValue() throws(WireError) -> Int {
        state.reader.remainingDepth = remainingDepth
        try state.reader.skip()
        return state.reader.position
    }

    private static func look(_ query: WireKeyQuery, _ table: [String: Int]) -> Int? {
        table[query.name] ?? query.number.flatMap { table[String($0)] }
    }

    private func makeTable() throws(WireError) -> [String: Int] {
        var table: [String: Int] = [:]
        var position = first
        var number = 0
        while try hasElement(at: position, number) {
            state.reader.seek(to: position)
            let key = try readKey()
            if let key { table[key.stringValue] = state.reader.position }
            position = try skipValue()
            number += 1
        }
        self.table = table
        return table
    }

    /// Reads the key at which the reader stands; `nil` for keys that are neither text nor numbers.
    func readKey() throws(WireError) -> WireNameKey? {
        state.reader.remainingDepth = remainingDepth
        return try state.reader.readNameKey()
    }

    /// All keys, in order.
    func allKeys<Key: CodingKey>(_ type: Key.Type) throws -> [Key] {
        try rethrow { () throws(WireError) in
            var keys: [Key] = []
            var position = first
            var number = 0
            while try hasElement(at: position, number) {
                state.reader.seek(to: position)
                if let name = try readKey() {
                    let key = name.intValue.map { Key(intValue: $0) } ?? Key(stringValue: name.stringValue)
                    if let key { keys.append(key) }
                }
                position = try skipValue()
                number += 1
            }
            return keys
        }
    }
}
