//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Testing

@Suite struct JSONStringTests {
    @Test func textsAreEscaped() {
        #expect("a \"b\" \\ ü".jsonString == #""a \"b\" \\ ü""#)
        #expect("\n\r\t\0\u{1b}\u{7f}\u{9f}\u{a0}".jsonEscaped == "\\n\\r\\t\\u0000\\u001b\\u007f\\u009f\u{a0}")
    }
}
