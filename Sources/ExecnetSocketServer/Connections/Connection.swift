//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem
import Logging
import Synchronization

/// A connection that has been accepted.
final class Connection: Sendable {
    /// Higher than that of every earlier one.
    let number: UInt64
    let socket: Descriptor
    /// The address that it came from.
    let peer: String
    let logger: Logger
    private let isOpen = Mutex(true)

    init(number: UInt64, socket: Descriptor, peer: String, logger: Logger) {
        self.number = number
        self.socket = socket
        self.peer = peer
        self.logger = logger
    }

    /// Ends both directions at once; whoever waits for the other side sees its end.
    func abort() { isOpen.withLock { if $0 { shutdown(socket.value, Int32(SHUT_RDWR)) } } }

    func close() {
        isOpen.withLock {
            $0 = false
            socket.close()
        }
    }
}

extension Listener {
    /// What a try to accept came to.
    enum Accepted {
        case connection(Descriptor, peer: String)
        case nothing
        case failed(Int32)
    }

    func accept() -> Accepted {
        var number: Int32 = -1
        let peer = SystemAddress { address, length in
            number = systemAccept(descriptor.value, address, length)
            return number
        }
        guard let peer else {
            switch errno {
            case EAGAIN: return .nothing
            // It has gone again.
            case ECONNABORTED, EINTR, EPROTO: return .nothing
            default: return .failed(errno)
            }
        }
        let socket = Descriptor(owning: number)
        _ = execnet_set_close_on_exec(number)
        if peer.isInternet {
            socket.setConnectionOptions()
            socket.keepAlive()
        }
        return .connection(socket, peer: peer.isInternet ? peer.text : "unix")
    }
}

extension Descriptor {
    /// A computer that has vanished is noticed within two minutes.
    fileprivate func keepAlive() {
        setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
        #if os(Linux)
            setOption(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
            setOption(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
            setOption(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
        #endif
    }
}

private func systemAccept(
    _ listener: Int32,
    _ address: UnsafeMutablePointer<sockaddr>,
    _ length: UnsafeMutablePointer<socklen_t>
) -> Int32 { accept(listener, address, length) }
