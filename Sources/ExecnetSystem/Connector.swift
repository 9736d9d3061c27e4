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

    /// Why there is no connection.
    package struct Failure: Error, CustomStringConvertible {
        /// What the last address that was tried met.
        package enum Kind: String, Sendable { case noAddress, refused, timedOut, unreachable, other }

        package var kind = Kind.other
        /// All that went wrong, in words.
        package var description: String
    }

    /// How often a thread that waits looks whether it still should, in milliseconds.
    private static let interval: Int32 = 100

    private enum State {
        case idle
        case waiting(CheckedContinuation<Descriptor, any Error>)
        case over
    }

    private let target: Target
    private let family: Int32
    private let deadline: MonotonicTime
    private let onAddresses: (@Sendable ([String]) -> Void)?
    private let state = Mutex(State.idle)
    /// Why addresses that were tried did not answer.
    private let reasons = Mutex<[String]>([])

    private init(
        _ target: Target,
        family: Int32,
        until deadline: MonotonicTime,
        _ onAddresses: (@Sendable ([String]) -> Void)?
    ) {
        self.target = target
        self.family = family
        self.deadline = deadline
        self.onAddresses = onAddresses
    }

    /// Connects to the first address that answers. Throws ``Failure`` if none does, `CancellationError`.
    ///
    /// - Parameters:
    ///   - limit: how long all of it may take; addresses that do not answer share it.
    ///   - family: the kind of addresses to take of a name, such as `AF_INET6`.
    ///   - onAddresses: told what a name stands for.
    package static func connect(
        to target: Target,
        within limit: Duration,
        family: Int32 = AF_UNSPEC,
        onAddresses: (@Sendable ([String]) -> Void)? = nil
    ) async throws -> Descriptor {
        let connector = Connector(target, family: family, until: .now + limit, onAddresses)
        let poller = try PollerThread.shared()
        // The thread cannot be kept from waiting for the system, so nobody waits for the thread.
        let timer = poller.schedule(after: limit) { connector.finish(.failure(connector.failure(ETIMEDOUT))) }
        defer { poller.cancel(timer) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { connector.start($0) }
        } onCancel: {
            connector.finish(.failure(CancellationError()))
        }
    }

    private func start(_ continuation: CheckedContinuation<Descriptor, any Error>) {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver { return continuation.resume(throwing: Task.isCancelled ? CancellationError() : failure(ETIMEDOUT)) }
        do throws(SystemError) {
            try SystemThread.start(name: "execnet-connect") { self.finish(Result { try self.connect() }) }
        } catch {
            finish(.failure(Failure(description: "\(error)")))
        }
    }

    /// The first to come here decides; a connection that comes later is closed.
    private func finish(_ result: Result<Descriptor, any Error>) {
        let continuation = state.withLock { state in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation as CheckedContinuation? }
            return nil
        }
        continuation?.resume(with: result)
    }

    private var isOver: Bool { state.withLock { if case .over = $0 { true } else { false } } }

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
        switch withUnsafeBytes(of: &address, { connect(to: $0, family: AF_UNIX, until: deadline) }) {
        case .success(let descriptor): return descriptor
        case .failed(let number): throw failure(number)
        }
    }

    private func connect(toHost host: String, _ port: Int) throws -> Descriptor {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Connector.streamType
        hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &found)
        guard status == 0, let first = found?.pointee else {
            let reason = status == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(status))
            throw failure("the name could not be resolved: \(reason)", .noAddress)
        }
        defer { freeaddrinfo(found) }
        let entries = Array(sequence(first: first) { $0.ai_next?.pointee })
        if let onAddresses, !isOver {
            onAddresses(entries.compactMap { SocketAddressText.host($0.ai_addr, $0.ai_addrlen) })
        }
        var last = EADDRNOTAVAIL
        for (index, entry) in entries.enumerated() where !isOver {
            let address = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            let share = MonotonicTime.now + MonotonicTime.now.until(deadline) / (entries.count - index)
            switch connect(to: address, family: entry.ai_family, until: share) {
            case .success(let descriptor):
                descriptor.setConnectionOptions()
                return descriptor
            case .failed(let number):
                note(number)
                last = number
            }
        }
        throw failure(last)
    }

    private func note(_ number: Int32) {
        let reason = String(cString: strerror(number))
        reasons.withLock { if !$0.contains(reason) { $0.append(reason) } }
    }

    /// All that went wrong, and this last.
    private func failure(_ number: Int32) -> Failure {
        note(number)
        let kind: Failure.Kind =
            switch number {
            case ECONNREFUSED: .refused
            case ETIMEDOUT: .timedOut
            case EHOSTUNREACH, ENETUNREACH: .unreachable
            default: .other
            }
        return failure(reasons.withLock { $0.joined(separator: "; ") }, kind)
    }

    private func failure(_ reason: String, _ kind: Failure.Kind = .other) -> Failure {
        Failure(kind: kind, description: "cannot connect to \(target): \(reason)")
    }

    // MARK: one address

    private enum Outcome {
        case success(Descriptor)
        case failed(Int32)
    }

    private func connect(to address: UnsafeRawBufferPointer, family: Int32, until deadline: MonotonicTime) -> Outcome {
        let descriptor = Descriptor(owning: socket(family, Connector.streamType, 0))
        guard descriptor.value >= 0, fcntl(descriptor.value, F_SETFD, FD_CLOEXEC) == 0,
            (try? descriptor.makeNonBlocking()) != nil, let base = address.baseAddress
        else { return .failed(errno) }
        while !isOver {
            let status = systemConnect(
                descriptor.value,
                base.assumingMemoryBound(to: sockaddr.self),
                socklen_t(address.count)
            )
            if status == 0 { return .success(descriptor) }
            switch errno {
            case EINPROGRESS, EINTR: return awaitConnection(of: descriptor, until: deadline)
            // The queue of a listening Unix socket is full, and nothing tells when it no longer is.
            case EAGAIN where family == AF_UNIX && .now < deadline: usleep(10_000)
            case EAGAIN where family == AF_UNIX: return .failed(ETIMEDOUT)
            default: return .failed(errno)
            }
        }
        return .failed(ETIMEDOUT)
    }

    private func awaitConnection(of descriptor: Descriptor, until deadline: MonotonicTime) -> Outcome {
        while !isOver, .now < deadline {
            var watched = pollfd(fd: descriptor.value, events: Int16(POLLOUT), revents: 0)
            guard poll(&watched, 1, Connector.interval) > 0 else { continue }
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
