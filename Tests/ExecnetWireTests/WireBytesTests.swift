//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import ExecnetWire
import Testing

struct WireBytesTests {
    @Test func buildersPutFragmentsTogether() {
        var random = SplitMix(state: 3)
        for _ in 0..<50 {
            var builder = WireBytesBuilder(minimumCapacity: Int(random.next() % 64))
            var expected: [UInt8] = []
            for _ in 0..<Int(random.next() % 20) {
                let fragment = (0..<Int(random.next() % 3000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                fragment.withUnsafeBytes { builder.append($0) }
                expected += fragment
                #expect(builder.count == expected.count)
            }
            #expect(builder.finish().array == expected)
            #expect(builder.count == 0)
            #expect(builder.finish().array == [])
        }
    }

    @Test func copiesOfBuildersAreSeparate() {
        var first = WireBytesBuilder(minimumCapacity: 100)
        [1 as UInt8, 2].withUnsafeBytes { first.append($0) }
        var second = first
        [3 as UInt8].withUnsafeBytes { first.append($0) }
        [4 as UInt8].withUnsafeBytes { second.append($0) }
        let finished = first.finish()
        [5 as UInt8].withUnsafeBytes { second.append($0) }
        #expect(finished.array.last == 3)
        #expect(second.finish().array.suffix(2) == [4, 5])
    }

    @Test func bytesAreCopied() {
        #expect(WireBytes([]).count == 0)
        #expect(WireBytes([1, 2]) == WireBytes([1, 2]))
        #expect(WireBytes([1, 2]) != WireBytes([1, 3]))
        #expect(WireBytes([1, 2]) != WireBytes([1, 2, 3]))
        #expect(WireBytes([1, 2]).hashValue == WireBytes([1, 2]).hashValue)
        #expect(WireBytes(copying: UnsafeRawBufferPointer(start: nil, count: 0)).array == [])
    }
}
