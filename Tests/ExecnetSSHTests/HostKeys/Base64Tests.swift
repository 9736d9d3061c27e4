//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import Testing

@testable import ExecnetSSH

struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectorsOfTheStandardHold(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(
            Base64.encode(Array(plain.utf8), isPadded: false).utf8.elementsEqual(encoded.utf8.filter { $0 != 0x3d })
        )
        #expect(Base64.decode(Array(encoded.utf8)) == Array(plain.utf8))
    }

    @Test func randomBytesSurvive() {
        var random = SplitMix(state: 1)
        for size in 0..<200 {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes)
        }
    }

    /// Without padding, with too much, in the middle, of other alphabets, and with bits that no byte has.
    @Test(arguments: [
        "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm8_", "Zm8-", "Zm 8", "Zh==", "Zm9=", "=", "Zm9v=",
    ])
    func anythingElseIsNone(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }
}
