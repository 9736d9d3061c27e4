//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Testing

struct FrameHeaderTests {
    static let header = "0000000512010000" + "0102030405060708"

    func parse(_ text: String) throws(WireError) -> FrameHeader {
        try hex(text).withUnsafeBufferPointer { (bytes) throws(WireError) in
            try FrameHeader(parsing: UnsafeRawBufferPointer(bytes))
        }
    }

    func code(_ text: String) -> WireError.Code? {
        do throws(WireError) {
            _ = try parse(text)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func item55NumbersOfTypesArePinned() {
        let numbers: [FrameType: UInt8] = [
            .hello: 1, .ping: 2, .pong: 3, .query: 4, .answer: 5, .log: 6, .terminate: 7, .goodbye: 8, .open: 16,
            .attach: 17, .item: 18, .bindings: 19, .end: 20, .close: 21, .credit: 22,
        ]
        #expect(FrameType.allCases.count == numbers.count)
        for (type, number) in numbers { #expect(type.rawValue == number) }
        #expect(FrameFlags.more.rawValue == 1)
        #expect(FrameFlags.abandon.rawValue == 2)
        #expect(FrameHeader.size == 16)
        #expect(FrameHeader.maximumPayload == 65_536)
    }

    @Test func layoutIsThatOfTheProtocol() throws {
        let header = FrameHeader(length: 5, type: .item, flags: .more, channel: 0x0102_0304_0506_0708)
        var bytes = [UInt8](repeating: 0xEE, count: 16)
        bytes.withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { header.write(to: base) }
        }
        #expect(hex(bytes) == Self.header)
        #expect(try parse(Self.header) == header)
        #expect(try parse(Self.header + "ffff") == header)
    }

    @Test(arguments: FrameType.allCases)
    func item57EveryTypeComesBack(_ type: FrameType) throws {
        let header = FrameHeader(length: 65_536, type: type, flags: [.more, .abandon], channel: .max)
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes.withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { header.write(to: base) }
        }
        #expect(try parse(hex(bytes)) == header)
        #expect(type.isOfChannel == (type.rawValue >= 16))
    }

    @Test func item55RefusesWhatBreaksTheProtocol() {
        #expect(code("0000000517000000" + "0000000000000000") == .unknownFrameType)
        #expect(code("0000000500000000" + "0000000000000000") == .unknownFrameType)
        #expect(code("0001000112000000" + "0000000000000000") == .frameTooLarge)
        #expect(code("ffffffff12000000" + "0000000000000000") == .frameTooLarge)
        #expect(code("0000000512040000" + "0000000000000000") == .malformed)
        #expect(code("0000000512000001" + "0000000000000000") == .malformed)
        #expect(code("0000000512000000" + "00000000000000") == .truncated)
    }
}
