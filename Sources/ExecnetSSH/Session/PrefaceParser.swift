//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Reads what an SSH server sends, up to the end of its first message of key exchange, and nothing more.
///
/// It gets the bytes as they come, cut anywhere. Once it has failed it stays so.
struct PrefaceParser: Sendable {
    private enum State: Sendable {
        case lines
        case packets
        case complete
        case failed(PrefaceError)
    }

    private var state = State.lines
    /// A line or packet that has begun.
    private var buffer: [UInt8] = []
    private var lineCount = 0
    private var emptyPackets = 0
    /// What the server printed before its version; the first of it.
    private(set) var lines: [String] = []
    /// Is there before the rest.
    private(set) var version: ServerVersion?
    /// All of it, when it is there.
    private(set) var preface: Preface?

    init() {}

    /// Takes the next bytes of the server. What comes after the preface is not looked at.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(PrefaceError) {
        var rest = bytes[...]
        do throws(PrefaceError) {
            while true {
                switch state {
                case .lines:
                    guard let byte = rest.popFirst() else { return }
                    try receiveText(byte)
                case .packets:
                    guard !rest.isEmpty else { return }
                    try receivePacket(&rest)
                case .complete: return
                case .failed(let error): throw error
                }
            }
        } catch {
            buffer = []
            state = .failed(error)
            throw error
        }
    }

    mutating func receive(_ bytes: some Sequence<UInt8>) throws(PrefaceError) {
        let result = Array(bytes).withUnsafeBytes { piece in
            Result { () throws(PrefaceError) in try receive(piece) }
        }
        try result.get()
    }

    /// What it means that the connection ended here; nil if the preface was complete.
    func ended() -> PrefaceError? {
        switch state {
        case .lines: .ended(.beforeVersion, said: said)
        case .packets: .ended(.beforeAlgorithms, said: lines)
        case .complete: nil
        case .failed(let error): error
        }
    }
}

// MARK: lines

extension PrefaceParser {
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// The line that has begun, without its end.
    private var line: ArraySlice<UInt8> {
        buffer.last == PrefaceParser.carriageReturn ? buffer.dropLast() : buffer[...]
    }

    private mutating func receiveText(_ byte: UInt8) throws(PrefaceError) {
        // TLS numbers its records 20 to 23, and all its versions begin with 3.
        let tlsRecords: ClosedRange<UInt8> = 20...23
        if lineCount == 0, buffer.count == 1, tlsRecords ~= buffer[0] {
            throw .stranger(byte == 3 ? .tls : .unknown, said: [])
        }
        let mayBeTLS = lineCount == 0 && buffer.isEmpty && tlsRecords ~= byte
        guard PrefaceParser.isText(byte) || mayBeTLS else { throw .stranger(.unknown, said: said) }
        guard byte == PrefaceParser.newline else {
            buffer.append(byte)
            guard line.count <= PrefaceLimit.lineSize else { throw .lineTooLong }
            return
        }
        try endLine()
    }

    private mutating func endLine() throws(PrefaceError) {
        let line = self.line
        if line.starts(with: "SSH-".utf8) {
            version = try ServerVersion(line)
            state = .packets
            buffer = []
            return
        }
        let text = SSHText.printable(line)
        buffer = []
        lineCount += 1
        if lines.count < PrefaceLimit.keptLines { lines.append(text) }
        if lineCount == 1, text.utf8.starts(with: "HTTP/".utf8) { throw .stranger(.webServer, said: lines) }
        guard lineCount <= PrefaceLimit.lines else { throw .tooManyLines(said: lines) }
    }

    /// With a line that has no end yet.
    private var said: [String] {
        buffer.isEmpty || lines.count == PrefaceLimit.keptLines ? lines : lines + [SSHText.printable(line)]
    }

    /// All but the control characters that no text has.
    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 || 7...13 ~= byte || byte == 0x1b }
}

// MARK: packets

extension PrefaceParser {
    /// The numbers of messages that may come at any time.
    private enum Message {
        static let disconnect: UInt8 = 1
        static let empty: Set<UInt8> = [2, 4]
    }

    private static let headerSize = 5
    /// Without encryption the size of a packet is a multiple of it.
    private static let blockSize = 8
    private static let minimumPadding = 4

    private mutating func receivePacket(_ bytes: inout Slice<UnsafeRawBufferPointer>) throws(PrefaceError) {
        take(&bytes, upTo: 4)
        guard let length = number else { return }
        // A header, a message's number and padding at least.
        guard (1 + 1 + PrefaceParser.minimumPadding...PrefaceLimit.packetSize).contains(Int(length)),
            (Int(length) + 4) % PrefaceParser.blockSize == 0
        else { throw .packetSize(length) }
        take(&bytes, upTo: PrefaceParser.headerSize)
        guard buffer.count >= PrefaceParser.headerSize else { return }
        let padding = Int(buffer[4])
        guard padding >= PrefaceParser.minimumPadding, padding < Int(length) - 1 else { throw .padding }
        take(&bytes, upTo: Int(length) + 4)
        guard buffer.count == Int(length) + 4 else { return }
        let payload = buffer[PrefaceParser.headerSize..<(buffer.count - padding)]
        buffer = []
        try receive(payload: payload)
    }

    private mutating func take(_ bytes: inout Slice<UnsafeRawBufferPointer>, upTo count: Int) {
        let piece = bytes.prefix(max(0, count - buffer.count))
        buffer += piece
        bytes = bytes.dropFirst(piece.count)
    }

    private mutating func receive(payload: ArraySlice<UInt8>) throws(PrefaceError) {
        switch payload.first ?? 0 {
        case AlgorithmOffer.message:
            guard let version else { return }
            preface = Preface(lines: lines, version: version, offer: try AlgorithmOffer(payload: payload))
            state = .complete
        case Message.disconnect:
            var reader = MessageReader(payload.dropFirst())
            let code = reader.nextNumber() ?? 0
            throw .disconnected(code: code, SSHText.printable(reader.nextString() ?? []))
        case let number where Message.empty.contains(number):
            emptyPackets += 1
            guard emptyPackets <= PrefaceLimit.emptyPackets else { throw .tooManyPackets }
        case let number:
            throw .unexpectedMessage(number)
        }
    }

    /// The packet's length, once it is there.
    private var number: UInt32? {
        var reader = MessageReader(buffer[...])
        return reader.nextNumber()
    }
}
