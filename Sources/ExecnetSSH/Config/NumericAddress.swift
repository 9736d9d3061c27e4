//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// Hosts given as addresses.
enum NumericAddress {
    /// The host's name as the rest of a configuration sees it: an address in its usual form, a name in lower case.
    static func settled(_ host: String, family: SSHConfig.AddressFamily) -> String {
        if let address = canonical(host, family: family) {
            return address.asciiLowercased == host.asciiLowercased ? host : address
        }
        return looksLikeAddress(host) ? host : host.asciiLowercased
    }

    private static func looksLikeAddress(_ host: String) -> Bool {
        host.utf8.contains(UInt8(ascii: "%")) || host.utf8.contains(UInt8(ascii: ":"))
            || host.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
    }

    /// Nil if it is no address. Asks no name server.
    private static func canonical(_ host: String, family: SSHConfig.AddressFamily) -> String? {
        var hints = addrinfo()
        hints.ai_family = family.number
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let entry = list else { return nil }
        defer { freeaddrinfo(list) }
        guard entry.pointee.ai_next == nil else { return nil }
        var text = [CChar](repeating: 0, count: 1_025)
        guard
            getnameinfo(
                entry.pointee.ai_addr,
                entry.pointee.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            ) == 0
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension SSHConfig.AddressFamily {
    /// As the C library has it.
    var number: Int32 {
        switch self {
        case .any: AF_UNSPEC
        case .inet: AF_INET
        case .inet6: AF_INET6
        }
    }
}
