//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A socket's address as the system has it.
struct SystemAddress {
    private var storage = sockaddr_storage()
    private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
        }
        self.length = length
    }

    init(unix path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.utf8.prefix(ListenAddress.longestPath))
        }
        self = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                SystemAddress($0, length: socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// What `call` fills in, such as getsockname; nil if it fails.
    init?(filledBy call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var length = length
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
        }
        guard result >= 0 else { return nil }
        self.length = length
    }

    /// The address that a socket has on this side.
    init?(of descriptor: Int32) { self.init { getsockname(descriptor, $0, $1) } }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    var family: Int32 { Int32(storage.ss_family) }
    var isInternet: Bool { family == AF_INET || family == AF_INET6 }

    /// The address with another port.
    func withPort(_ port: UInt16) -> SystemAddress {
        var copy = self
        // The port is at the same place in both families.
        withUnsafeMutableBytes(of: &copy.storage) {
            $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return copy
    }

    var port: UInt16 {
        withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }

    /// Whether only processes on this machine reach it.
    var isLocal: Bool {
        withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_UNIX: true
            case AF_INET: bytes[4] == 127
            case AF_INET6:
                // ::1, and addresses of IPv4 in IPv6's form.
                bytes[8..<18].allSatisfy { $0 == 0 }
                    && (bytes[18..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
                        || bytes[18] == 255 && bytes[19] == 255 && bytes[20] == 127)
            default: false
            }
        }
    }

    /// As `ListenAddress` is written.
    var text: String {
        if family == AF_UNIX { return "unix:" + path }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = withPointer {
            getnameinfo($0, $1, &host, socklen_t(host.count), nil, 0, Int32(NI_NUMERICHOST))
        }
        guard failure == 0 else { return "an address of family \(family)" }
        let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return family == AF_INET6 ? "[\(name)]:\(port)" : "\(name):\(port)"
    }

    private var path: String {
        withUnsafeBytes(of: storage) { bytes in
            let name = bytes[..<Int(length)].dropFirst(MemoryLayout<sa_family_t>.size)
            return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
