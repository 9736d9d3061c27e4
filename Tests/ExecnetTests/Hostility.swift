//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetWire

/// What a peer sends that the protocol forbids.
enum Hostility: String, CaseIterable, Sendable {
    /// Instead of the hello.
    case otherVersion, noHello, garbageFirst, hugeFrameFirst
    /// When channel 1 is open.
    case garbage, hugeFrame, creditOverflow, itemsWithoutCredit, closedChannel, unknownChannel, foreignChannel
    case channelInUse, executionByTheAgent

    /// Whether it takes the place of the hello.
    var comesFirst: Bool {
        switch self {
        case .otherVersion, .noHello, .garbageFirst, .hugeFrameFirst: true
        default: false
        }
    }

    /// How often its bytes are sent.
    var repetitions: Int { self == .itemsWithoutCredit ? 64 : 1 }

    /// The bytes, as sent by one side.
    func bytes(byAgent: Bool) throws -> [UInt8] {
        let (own, foreign): (UInt64, UInt64) = byAgent ? (2, 5) : (3, 4)
        switch self {
        case .otherVersion: return try hello(["protocol": [2, 7], "build": "", "limits": ["item": 1_000_000]])
        case .noHello: return frame(.ping)
        case .garbage, .garbageFirst: return [UInt8]("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8)
        case .hugeFrame, .hugeFrameFirst: return [0x80, 0, 0, 0] + frame(.item, 1).dropFirst(4)
        case .creditOverflow: return frame(.credit, 1, [UInt8](repeating: 0xff, count: 8))
        case .itemsWithoutCredit:
            return frame(.item, 1, [0x59, 0x7f, 0xfd] + [UInt8](repeating: 1, count: 32_765))
        case .closedChannel: return frame(.close, 1) + frame(.item, 1, [1])
        case .unknownChannel: return frame(.item, own, [1])
        case .foreignChannel: return frame(.attach, foreign, [1])
        case .channelInUse: return frame(.attach, 1, [1])
        case .executionByTheAgent: return frame(.open, own, [0xa0])
        }
    }
}

/// A hello that every version 1 understands.
func hello(_ fields: Value = ["protocol": [1, 1], "build": "", "limits": ["item": 1_000_000]]) throws -> [UInt8] {
    frame(.hello, 0, try Wire.encode(fields).withUnsafeBytes { [UInt8]($0) })
}

/// One frame, whatever it may be.
func frame(_ type: FrameType, _ channel: UInt64 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: FrameHeader.size)
    bytes.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        FrameHeader(length: UInt32(payload.count), type: type, channel: channel).write(to: start)
    }
    return bytes + payload
}
