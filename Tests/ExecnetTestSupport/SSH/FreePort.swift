//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A port of 127.0.0.1 that nobody has at this moment; somebody else may take it before it is used.
package func freePort() throws -> Int {
    let socket = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    defer { socket.close() }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket.value, $0, length) == 0 && getsockname(socket.value, $0, &length) == 0
        }
    }
    guard isBound else { throw SystemError("find a free port") }
    return Int(UInt16(bigEndian: address.sin_port))
}
