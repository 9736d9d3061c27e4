//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

extension SystemAddress {
    /// The addresses of a host, each once.
    static func resolve(host: String, port: UInt16) throws(SocketServerError) -> [SystemAddress] {
        var hints = addrinfo()
        #if os(Linux)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = Int32(AI_PASSIVE)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, "\(port)", &hints, &list)
        guard failure == 0 else {
            throw SocketServerError("The host \"\(host)\" has no address: \(String(cString: gai_strerror(failure))).")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SystemAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            let found = SystemAddress(address, length: entry.ai_addrlen)
            if found.isInternet, !addresses.contains(where: { $0.text == found.text }) { addresses.append(found) }
        }
        return addresses
    }
}
