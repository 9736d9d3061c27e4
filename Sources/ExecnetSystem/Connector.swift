//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// Makes a connection, on a thread of its own: names are looked up by the system, which may take long.
package final class Connector: Sendable {
    /// Where to connect to.
    package enum Target: Sendable, CustomStringConvertible {
        case tcp(host: String, port: Int)
        case unix(path: String)

        package var description: String {
            switch self {
            case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            }
        }
    }

    /// Why there is no connection, in words.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// How long one address is tried.
    private static let patience = Duration.seconds(10)
    /// How often a thread that waits looks whether it still should, in milliseconds.
    private static let interval: Int32 = 100

    private let target: Target
    private let isCancelled = Atomic(false)

    private init(_ target: Target) { self.target = target }

    /// Connects to the first address that answers. Throws ``Failure`` if none does, `CancellationError`.
    package static func connect(to target: Target) async throws -> Descriptor {
        let connector = Connector(target)
        let descriptor = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do throws(SystemError) {
                    try SystemThread.start(name: "execnet-connect") {
                        continuation.resume(with: Result { try connector.connect() })
                    }
                } catch {
                    continuation.resume(throwing: Failure(description: "\(error)"))
                }
            }
        } onCancel: {
            connector.isCancelled.store(true, ordering: .releasing)
        }
        try Task.checkCancellation()
        return descriptor
    }

    private func connect() throws -> Descriptor {
        switch target {
        case .unix(let path): try connect(toPath: path)
        case .tcp(let host, let port): try connect(toHost: host, port)
        }
    }

    private func connect(toPath path: String) throws -> Descriptor {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw failure("the path is too long for a socket") }
        let number = withUnsafeBytes(of: &address) { connect(to: $0, family: AF_UNIX) }
        guard case .success(let descriptor) = number else { throw failure(number.reason) }
        return descriptor
    }

    private func connect(toHost host: String, _ port: Int) throws -> Descriptor {
        var hints = addrinfo()
        hints.ai_socktype = Connector.streamType
        hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &found)
        guard status == 0 else {
            let reason = status == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(status))
            throw failure("the name could not be resolved: \(reason)")
        }
        defer { freeaddrinfo(found) }
        var reasons: [String] = []
        var next = found
        while let entry = next?.pointee {
            next = entry.ai_next
            let address = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            let result = connect(to: address, family: entry.ai_family)
            if case .success(let descriptor) = result {
                // Small messages must not wait for the acknowledgement of others.
                var one: Int32 = 1
                setsockopt(
                    descriptor.value,
                    Int32(IPPROTO_TCP),
                    TCP_NODELAY,
                    &one,
                    socklen_t(MemoryLayout.size(ofValue: one))
                )
                return descriptor
            }
            if isCancelled.load(ordering: .acquiring) { throw CancellationError() }
            if !reasons.contains(result.reason) { reasons.append(result.reason) }
        }
        throw failure(reasons.joined(separator: "; "))
    }

    private func failure(_ reason: String) -> Failure { Failure(description: "cannot connect to \(target): \(reason)") }

    // MARK: one address

    private enum Outcome {
        case success(Descriptor)
        case failed(Int32)

        var reason: String {
            switch self {
            case .success: ""
            case .failed(let number): String(cString: strerror(number))
            }
        }
    }

    private func connect(to address: UnsafeRawBufferPointer, family: Int32) -> Outcome {
        let descriptor = Descriptor(owning: socket(family, Connector.streamType, 0))
        guard descriptor.value >= 0, fcntl(descriptor.value, F_SETFD, FD_CLOEXEC) == 0,
            (try? descriptor.makeNonBlocking()) != nil, let base = address.baseAddress
        else { return .failed(errno) }
        let status = systemConnect(
            descriptor.value,
            base.assumingMemoryBound(to: sockaddr.self),
            socklen_t(address.count)
        )
        if status == 0 { return .success(descriptor) }
        guard errno == EINPROGRESS || errno == EINTR else { return .failed(errno) }
        return awaitConnection(of: descriptor)
    }

    private func awaitConnection(of descriptor: Descriptor) -> Outcome {
        let deadline = MonotonicTime.now + Connector.patience
        while MonotonicTime.now < deadline {
            var watched = pollfd(fd: descriptor.value, events: Int16(POLLOUT), revents: 0)
            let count = poll(&watched, 1, Connector.interval)
            if isCancelled.load(ordering: .acquiring) { return .failed(ECANCELED) }
            guard count > 0 else { continue }
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout.size(ofValue: error))
            getsockopt(descriptor.value, SOL_SOCKET, SO_ERROR, &error, &size)
            return error == 0 ? .success(descriptor) : .failed(error)
        }
        return .failed(ETIMEDOUT)
    }

    #if os(Linux)
        private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif
}

private func systemConnect(_ number: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    connect(number, address, size)
}
