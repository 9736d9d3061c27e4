//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// For connections of TCP.
extension Descriptor {
    /// Small messages must not wait for the acknowledgement of others; and what never leaves this machine should not leave its caches.
    package func setConnectionOptions() {
        setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if leadsToThisMachine { setOption(SOL_SOCKET, SO_RCVBUF, Descriptor.localWindow) }
    }

    package func setOption(_ level: Int32, _ option: Int32, _ setting: Int32) {
        var setting = setting
        setsockopt(value, level, option, &setting, socklen_t(MemoryLayout.size(ofValue: setting)))
    }

    /// The time to the other end and back, as the system has measured it so far; nil if it is no connection of TCP.
    package var roundTrip: Duration? {
        #if os(Linux)
            var information = tcp_info()
            var length = socklen_t(MemoryLayout<tcp_info>.size)
            guard getsockopt(value, Int32(IPPROTO_TCP), TCP_INFO, &information, &length) == 0 else { return nil }
            return .microseconds(Int(information.tcpi_rtt))
        #else
            return nil
        #endif
    }

    /// Bytes on the way within one machine. Left to itself the system lets them become many megabytes, which is half as fast (measured:
    /// 1.0 against 1.8 GB/s).
    private static let localWindow: Int32 = 96 << 10

    /// Whether both ends have the same address.
    private var leadsToThisMachine: Bool {
        var ends = [sockaddr_storage(), sockaddr_storage()]
        for (index, name) in [getsockname, getpeername].enumerated() {
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let status = withUnsafeMutablePointer(to: &ends[index]) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(value, $0, &length) }
            }
            guard status == 0 else { return false }
        }
        // Behind the family and the port, and with IPv6 the label of a flow.
        let place =
            switch Int32(ends[0].ss_family) {
            case AF_INET: 4..<8
            case AF_INET6: 8..<24
            default: 0..<0
            }
        return ends[0].ss_family == ends[1].ss_family && !place.isEmpty
            && withUnsafeBytes(of: ends[0]) { here in
                withUnsafeBytes(of: ends[1]) { here[place].elementsEqual($0[place]) }
            }
    }
}
