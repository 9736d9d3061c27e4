//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Testing

struct ByteStringTests {
    private static let sizes = [1, 2, 23, 24, 25, 255, 256, 257, 16_383, 16_384, 65_532, 65_533]

    private func content(_ item: [UInt8]) -> [UInt8]? {
        item.withUnsafeBytes { ByteString.content(of: $0).map { [UInt8]($0) } }
    }

    @Test(.timeLimit(.minutes(1)), arguments: sizes)
    func anItemIsWhatTheEncoderWouldMake(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let encoded = try Wire.encode(Value.bytes(bytes))
        let made = WireBytes.byteString { room in
            room.copyBytes(from: bytes)
            return size
        }
        #expect(made == encoded)
        #expect(encoded.count == ByteString.headSize(size) + size)
        #expect(encoded.count <= FrameHeader.maximumPayload)
        #expect(ByteString.withHead(size) { [UInt8]($0) } == [UInt8](encoded.array.prefix(ByteString.headSize(size))))
        #expect(content(encoded.array) == bytes)
    }

    @Test(.timeLimit(.minutes(1))) func nothingReadMakesNoItem() {
        #expect(WireBytes.byteString { _ in 0 } == nil)
    }

    @Test(.timeLimit(.minutes(1))) func onlyWholeByteStringsHaveContent() {
        #expect(content([0x40]) == [])
        #expect(content([0x5a, 0, 0, 0, 1, 9]) == [9])
        #expect(content([0x5b, 0, 0, 0, 0, 0, 0, 0, 1, 9]) == [9])
        for other: [UInt8] in [
            [], [0x41], [0x41, 1, 2], [0x01], [0x61, 0x61], [0x5f, 0x41, 1, 0xff], [0x58], [0x58, 1], [0x59, 0],
            [0x5c, 1],
            [0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ] {
            #expect(content(other) == nil, "\(other)")
        }
    }
}
