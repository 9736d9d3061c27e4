//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import Synchronization

/// A file descriptor with one owner: closed once, when told or when nobody holds it any more.
package final class Descriptor: Sendable {
    private let number: Atomic<Int32>
    /// Assumed until the system says otherwise: a write to a socket can be kept from raising SIGPIPE, which would end a
    /// coordinator whose agent has just died.
    private let mayBeSocket = Atomic(true)

    package init(owning number: Int32) { self.number = Atomic(number) }

    deinit { close() }

    /// The number, or -1 once closed.
    package var value: Int32 { number.load(ordering: .acquiring) }

    package func close() {
        let open = number.exchange(-1, ordering: .acquiringAndReleasing)
        // A second close after EINTR could hit a descriptor that another thread has just been given.
        if open >= 0 { _ = systemClose(open) }
    }

    /// Gives it up to a new owner; for this one it is closed.
    package func release() -> Int32 { number.exchange(-1, ordering: .acquiringAndReleasing) }

    /// The same thing once more, closed for itself.
    package func duplicate() throws(SystemError) -> Descriptor {
        let copy = Descriptor(owning: fcntl(value, F_DUPFD_CLOEXEC, 0))
        guard copy.value >= 0 else { throw SystemError("duplicate a descriptor") }
        return copy
    }
}

private func systemClose(_ number: Int32) -> Int32 { close(number) }

/// Two descriptors made together.
package struct DescriptorPair: Sendable {
    package var first: Descriptor
    package var second: Descriptor

    /// A connected pair of stream sockets. They move bulk three times as fast as a pipe.
    package static func sockets() throws(SystemError) -> DescriptorPair {
        var numbers: [Int32] = [-1, -1]
        #if os(Linux)
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, type, 0, &numbers) == 0 else { throw SystemError("open a socket pair") }
        // With the system's usual fifth of this the two sides wait for each other in turn. The system may allow less.
        var size = socketBuffer
        for number in numbers {
            setsockopt(number, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout.size(ofValue: size)))
        }
        return DescriptorPair(numbers)
    }

    /// Bytes that the system may hold for each direction.
    private static let socketBuffer: Int32 = 1 << 20

    /// A pipe: `first` is read, `second` is written.
    package static func pipe() throws(SystemError) -> DescriptorPair {
        var numbers: [Int32] = [-1, -1]
        guard execnet_pipe(&numbers) == 0 else { throw SystemError("open a pipe") }
        return DescriptorPair(numbers)
    }

    private init(_ numbers: [Int32]) {
        first = Descriptor(owning: numbers[0])
        second = Descriptor(owning: numbers[1])
        for number in numbers { _ = execnet_set_close_on_exec(number) }
    }
}

extension Descriptor {
    package func makeNonBlocking() throws(SystemError) {
        guard execnet_set_nonblocking(value) == 0 else { throw SystemError("make a descriptor non-blocking") }
    }

    /// How much a pipe or a stream socket holds now for its reader: a bound for whoever takes what is there and no more. Somebody who goes on
    /// writing can keep it from ever being empty.
    package var readableBytes: Int { Int(execnet_readable_bytes(value)) }

    /// Whether the other side of a socket is gone altogether: it reads no more either.
    package var hasHungUp: Bool {
        var watched = pollfd(fd: value, events: 0, revents: 0)
        return poll(&watched, 1, 0) > 0 && watched.revents & Int16(POLLHUP) != 0
    }

    /// What one non-blocking read or write did.
    package enum Transfer: Sendable, Equatable {
        case bytes(Int)
        /// Nothing now; wait until the descriptor is ready.
        case wouldBlock
        /// The other side is gone, or the stream is at its end.
        case ended(Int32)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        Descriptor.taking { systemRead(value, buffer.baseAddress, buffer.count) }
    }

    /// What a call of the system did that takes bytes and tells how many: read, recv. One that a signal has interrupted is made again.
    package static func taking(_ call: () -> Int) -> Transfer {
        while true {
            let count = call()
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended(0) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .ended(errno)
            }
        }
    }

    package func write(_ buffer: UnsafeRawBufferPointer) -> Transfer {
        withUnsafePointer(to: buffer) { write(UnsafeBufferPointer(start: $0, count: 1)) }
    }

    /// Writes several pieces of memory one after the other, as far as it goes.
    package func write(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Transfer {
        let count = min(pieces.count, Descriptor.maximumPieces)
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: count) { vectors in
            for (index, piece) in pieces.prefix(count).enumerated() {
                let base = UnsafeMutableRawPointer(mutating: piece.baseAddress)
                vectors.initializeElement(at: index, to: iovec(iov_base: base, iov_len: piece.count))
            }
            return write(vectors)
        }
    }

    /// The kernel takes at most this many at once (IOV_MAX).
    private static let maximumPieces = 1_024

    private func write(_ vectors: UnsafeMutableBufferPointer<iovec>) -> Transfer {
        var message = msghdr()
        message.msg_iov = vectors.baseAddress
        message.msg_iovlen = .init(vectors.count)
        while true {
            let isSocket = mayBeSocket.load(ordering: .relaxed)
            let count =
                isSocket
                ? sendmsg(value, &message, Int32(MSG_NOSIGNAL))
                : writev(value, vectors.baseAddress, Int32(vectors.count))
            if count >= 0 { return .bytes(count) }
            switch errno {
            case ENOTSOCK where isSocket: mayBeSocket.store(false, ordering: .relaxed)
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .ended(errno)
            }
        }
    }
}

private func systemRead(_ number: Int32, _ base: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(number, base, count)
}
