//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Synchronization

/// Streams of text on a channel.
extension Channel {
    /// Sends text in pieces, each an item.
    public struct TextWriter: Sendable {
        let channel: Channel
        let closesChannel: Bool

        /// Sends some text as one item.
        public func write(_ text: String) async throws { try await channel.send(text) }

        /// Sends a line and its newline.
        public func writeLine(_ line: String) async throws { try await write(line + "\n") }

        /// Closes the channel, if the writer was made to; otherwise nothing happens.
        public func close() throws(ChannelError) { if closesChannel { try channel.close() } }
    }

    /// A writer of text whose pieces arrive as items.
    /// - Parameter closesChannel: whether closing the writer closes the channel.
    public func textWriter(closesChannel: Bool = false) -> TextWriter {
        TextWriter(channel: self, closesChannel: closesChannel)
    }

    /// The text that arrives on the channel, cut into lines wherever the items' boundaries are. The newline is not part of a line; an
    /// unfinished last line counts.
    public func lines() -> Lines { Lines(reader: TextReader(channel: self)) }

    /// A reader of the text that arrives on the channel.
    public func textReader() -> TextReader { TextReader(channel: self) }

    public struct Lines: AsyncSequence, Sendable {
        public typealias Element = String
        public typealias Failure = any Error
        let reader: TextReader

        public func makeAsyncIterator() -> Iterator { Iterator(reader: reader) }

        public struct Iterator: AsyncIteratorProtocol {
            let reader: TextReader

            public mutating func next() async throws -> String? {
                guard var line = try await reader.readLine() else { return nil }
                if line.unicodeScalars.last == "\n" { line.unicodeScalars.removeLast() }
                return line
            }
        }
    }
}

/// Reads the text items of a channel as one stream. One reader at a time.
public final class TextReader: Sendable {
    fileprivate struct State {
        var text = ""[...]
        /// The beginning of a character whose other bytes are in the next item.
        var unfinished: [UInt8] = []
        var hasEnded = false
    }

    private let channel: Channel
    private let state = Mutex(State())

    init(channel: Channel) { self.channel = channel }

    /// The next `count` characters; fewer, down to none, at the end.
    public func read(_ count: Int) async throws -> String {
        while true {
            let found = state.withLock { state -> String? in
                guard state.text.count >= count || state.hasEnded else { return nil }
                let part = state.text.prefix(count)
                state.text = state.text.dropFirst(count)
                return String(part)
            }
            if let found { return found }
            try await fetch()
        }
    }

    /// The next line with its newline; the last may have none. Nil at the end.
    public func readLine() async throws -> String? {
        while true {
            let (line, isAtEnd) = state.withLock { state -> (String?, Bool) in
                let scalars = state.text.unicodeScalars
                if let newline = scalars.firstIndex(of: "\n") {
                    let end = scalars.index(after: newline)
                    defer { state.text = state.text[end...] }
                    return (String(state.text[..<end]), false)
                }
                guard state.hasEnded else { return (nil, false) }
                defer { state.text = "" }
                return (state.text.isEmpty ? nil : String(state.text), true)
            }
            if line != nil || isAtEnd { return line }
            try await fetch()
        }
    }

    private func fetch() async throws {
        guard let payload = try await channel.receiveIfAny() else { return state.withLock { $0.end() } }
        switch try channel.endpoint.decode(Value.self, from: payload) {
        case .string(let text): state.withLock { $0.add(text) }
        case .bytes(let bytes): state.withLock { $0.add(bytes) }
        default: throw WireError(.typeMismatch, "An item of a text stream has to be text or bytes.")
        }
    }
}

extension TextReader.State {
    fileprivate mutating func add(_ more: String) {
        text += String(decoding: unfinished, as: UTF8.self) + more
        unfinished = []
    }

    fileprivate mutating func add(_ bytes: [UInt8]) {
        let bytes = unfinished + bytes
        unfinished = Array(bytes.suffix(TextReader.State.unfinishedCount(bytes)))
        text += String(decoding: bytes.dropLast(unfinished.count), as: UTF8.self)
    }

    fileprivate mutating func end() {
        add("")
        hasEnded = true
    }

    /// How many bytes at the end begin a character of UTF-8 that goes on after them.
    private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
        for count in 1...3 where count <= bytes.count {
            switch bytes[bytes.count - count] {
            case 0x80..<0xc0: continue
            case 0xc0..<0xe0: return count < 2 ? count : 0
            case 0xe0..<0xf0: return count < 3 ? count : 0
            case 0xf0...: return count
            default: return 0
            }
        }
        return 0
    }
}
