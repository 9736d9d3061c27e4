//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Synchronization

/// Reads a pipe piece by piece, as its reader asks: nothing is read ahead.
package final class DescriptorReader: Sendable {
    private let descriptor: Descriptor
    private let poller: Poller

    package init(_ descriptor: Descriptor, poller: Poller) throws(SystemError) {
        self.descriptor = descriptor
        self.poller = poller
        try descriptor.makeNonBlocking()
    }

    /// The next bytes, nil at the end. One caller at a time.
    package func next() async -> [UInt8]? {
        while true {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            switch bytes.withUnsafeMutableBytes({ descriptor.read(into: $0) }) {
            case .bytes(let count): return Array(bytes.prefix(count))
            case .ended: return nil
            case .wouldBlock: await poller.ready(descriptor, read: true)
            }
        }
    }
}

/// Writes to a pipe, waiting while it is full.
package final class DescriptorWriter: Sendable {
    private let descriptor: Descriptor
    private let poller: Poller

    package init(_ descriptor: Descriptor, poller: Poller) throws(SystemError) {
        self.descriptor = descriptor
        self.poller = poller
        try descriptor.makeNonBlocking()
    }

    /// Writes all of it. False: nobody reads any more. One caller at a time.
    package func write(_ bytes: [UInt8]) async -> Bool {
        var written = 0
        while written < bytes.count {
            switch bytes.withUnsafeBytes({ descriptor.write(UnsafeRawBufferPointer(rebasing: $0[written...])) }) {
            case .bytes(let count): written += count
            case .ended: return false
            case .wouldBlock: await poller.ready(descriptor, read: false)
            }
        }
        return true
    }

    package func close() { descriptor.close() }
}

extension Poller {
    /// Waits until a descriptor can be read or written.
    fileprivate func ready(_ descriptor: Descriptor, read: Bool) async {
        await withCheckedContinuation { continuation in
            let number = descriptor.value
            let done = Atomic(false)
            let resume: @Sendable () -> Void = {
                guard !done.exchange(true, ordering: .acquiringAndReleasing) else { return }
                self.remove(number)
                continuation.resume()
            }
            do throws(SystemError) {
                try add(number, read: read, write: !read, handler: resume)
            } catch {
                resume()
            }
        }
    }
}
