//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What names in the directory mean. What has any other name is not ours.
enum CacheName {
    static func isHash(_ name: String) -> Bool {
        name.utf8.count == 32
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
                default: false
                }
            }
    }

    static func isTemporary(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 && parts[0] == "x" || parts.count > 2 && parts[1...].dropLast().contains("tmp")
    }
}
