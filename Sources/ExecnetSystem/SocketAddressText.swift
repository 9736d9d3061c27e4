//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Addresses of sockets for people.
enum SocketAddressText {
    /// The number of the host, without its port.
    static func host(_ address: UnsafePointer<sockaddr>?, _ length: socklen_t) -> String? {
        guard let address else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { room in
            guard let start = room.baseAddress,
                getnameinfo(address, length, start, socklen_t(room.count), nil, 0, NI_NUMERICHOST) == 0
            else { return nil }
            return String(cString: start)
        }
    }
}

extension Descriptor {
    /// The number of the host at the other end; nil if it is no connection to one.
    package var peerHost: String? {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(value, address, &length) == 0 ? SocketAddressText.host(address, length) : nil
            }
        }
    }
}
