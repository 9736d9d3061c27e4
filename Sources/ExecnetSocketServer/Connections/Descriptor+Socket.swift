//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem

// Sockets stay as they are, blocking, because a process gets them and would share that; so every call says that it must not wait.
extension Descriptor {
    /// Takes what has come, or with MSG_PEEK looks at it.
    func receive(into buffer: UnsafeMutableRawBufferPointer, flags: Int32 = 0) -> Transfer {
        Descriptor.taking { recv(value, buffer.baseAddress, buffer.count, flags | Int32(MSG_DONTWAIT)) }
    }

    /// Writes a line if there is room for it, as there is on a connection that has not been written to.
    func sendLine(_ line: [UInt8]) {
        _ = send(value, line, line.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }

    /// The first byte, which stays there. Nil: there is none to come.
    func firstByte(_ poller: Poller) async -> UInt8? {
        while true {
            var byte: UInt8 = 0
            switch withUnsafeMutableBytes(of: &byte, { receive(into: $0, flags: Int32(MSG_PEEK)) }) {
            case .bytes: return byte
            case .ended: return nil
            case .wouldBlock: guard await poller.waitReadable(value) else { return nil }
            }
        }
    }

    /// Takes a line and not a byte of what follows it.
    func requestLine(_ poller: Poller) async throws(Refusal) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            switch takeLine(into: &line) {
            case .complete: return line
            case .partial: continue
            case .tooLong: throw Refusal(.malformed, "the line is longer than \(Request.maximumLength) bytes")
            case .nothing: guard await poller.waitReadable(value) else { throw .gone }
            case .ended: throw .gone
            }
        }
    }

    private enum LineStep { case complete, partial, tooLong, nothing, ended }

    private func takeLine(into line: inout [UInt8]) -> LineStep {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
            let count: Int
            switch receive(into: buffer, flags: Int32(MSG_PEEK)) {
            case .bytes(let bytes): count = bytes
            case .wouldBlock: return .nothing
            case .ended: return .ended
            }
            let newline = buffer[..<count].firstIndex(of: UInt8(ascii: "\n"))
            let wanted = newline.map { $0 + 1 } ?? count
            guard line.count + wanted <= Request.maximumLength else { return .tooLong }
            guard case .bytes(let taken) = receive(into: .init(rebasing: buffer[..<wanted])) else { return .ended }
            line.append(contentsOf: buffer[..<taken])
            guard newline != nil, taken == wanted else { return .partial }
            line.removeLast()
            return .complete
        }
    }

    /// Bytes that are read from one who goes on sending to nobody: more than can be on its way.
    private static let mostThrownAway = 16 << 20

    /// Says that no more comes, and waits for the other side to say it too.
    ///
    /// A socket that is closed with something unread tells the other side so at once, which can cost it what it has not read yet.
    func finishSending(_ poller: Poller, within limit: Duration) async {
        shutdown(value, Int32(SHUT_WR))
        let end = MonotonicTime.now + limit
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var left = Descriptor.mostThrownAway
        while left > 0, MonotonicTime.now < end {
            switch buffer.withUnsafeMutableBytes({ receive(into: $0) }) {
            case .bytes(let count):
                left -= count
                // Others need this thread too.
                await Task.yield()
            case .ended: return
            case .wouldBlock:
                guard await poller.waitReadable(value, within: MonotonicTime.now.until(end)) else { return }
            }
        }
    }
}
