//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//


import ExecnetCore
import ExecnetSystem
import Synchronization

/// Standard error of a process behind a socket server, on a connection of its own; its last line tells how the process ended.
final class AttachedErrors: StandardErrorSource {
    /// The process, as far as the server tells.
    let process: RemoteProcess
    private let source: DescriptorErrors
    private let trailer: Mutex<EndTrailer>

    /// Sends the request, which an empty connection takes at once.
    init(
        _ connection: Descriptor,
        request: [UInt8],
        token: String,
        name: String,
        poller: Poller
    ) throws(SystemError) {
        guard case .bytes(request.count) = request.withUnsafeBytes({ connection.write($0) }) else {
            throw SystemError("write to a new connection")
        }
        source = DescriptorErrors(connection, poller: poller)
        trailer = Mutex(EndTrailer(token: token))
        // The server ends it when its connection is closed.
        process = RemoteProcess(name: name) { _ in }
    }

    func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws {
        try source.start(
            onBytes: { bytes in
                let (text, status) = self.trailer.withLock { ($0.add(bytes), $0.status) }
                text.withUnsafeBytes(onBytes)
                if let status { self.process.ended(status) }
            },
            onEnd: {
                let rest = self.trailer.withLock { $0.finish() }
                rest.withUnsafeBytes(onBytes)
                self.process.ended(nil)
                onEnd()
            }
        )
    }

    func stop() { source.stop() }
}

/// Parts what a process printed from the line that the server adds at its end.
struct EndTrailer: Sendable {
    private let mark: [UInt8]
    private var held: [UInt8] = []
    private(set) var status: ExitStatus?

    init(token: String) { mark = Array("\n\(token) ended ".utf8) }

    /// Takes in bytes; returns those that the process printed for certain.
    mutating func add(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        held += bytes
        var start = 0
        while let newline = held[start...].firstIndex(of: mark[0]) {
            let rest = held[newline...]
            if rest.starts(with: mark) {
                guard let end = rest.dropFirst(mark.count).firstIndex(of: mark[0]) else { return take(newline) }
                status = EndTrailer.status(held[(newline + mark.count)..<end])
                defer { held = [] }
                return Array(held[..<newline])
            }
            // It may still become the mark.
            if mark.starts(with: rest) { return take(newline) }
            start = newline + 1
        }
        return take(held.count)
    }

    /// What was held back and turned out to be the process's.
    mutating func finish() -> [UInt8] { take(held.count) }

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { held.removeFirst(count) }
        return Array(held.prefix(count))
    }

    private static func status(_ text: ArraySlice<UInt8>) -> ExitStatus? {
        let words = String(decoding: text, as: UTF8.self).split(separator: " ")
        guard words.count == 2, let number = Int32(words[1]) else { return nil }
        return words[0] == "signal" ? .signalled(number) : .exited(number)
    }
}
