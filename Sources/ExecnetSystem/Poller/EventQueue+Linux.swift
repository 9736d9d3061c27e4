//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if os(Linux)
    import CExecnetSystem

    /// The kernel's queue of ready descriptors (epoll), and an event descriptor that interrupts its wait.
    package struct EventQueue: Sendable {
        package struct Ready {
            package var descriptor: Int32
            package var tag: UInt32
        }

        private let epoll: Descriptor
        private let interruption: Descriptor

        init() throws(SystemError) {
            epoll = Descriptor(owning: epoll_create1(Int32(EPOLL_CLOEXEC)))
            guard epoll.value >= 0 else { throw SystemError("make an event queue") }
            interruption = Descriptor(owning: eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)))
            guard interruption.value >= 0 else { throw SystemError("make an event descriptor") }
            try add(interruption.value, tag: 0, read: true, write: false)
        }

        func add(_ descriptor: Int32, tag: UInt32, read: Bool, write: Bool) throws(SystemError) {
            var event = event(descriptor, tag: tag, read: read, write: write)
            guard epoll_ctl(epoll.value, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
                throw SystemError("watch a descriptor")
            }
        }

        func change(_ descriptor: Int32, tag: UInt32, read: Bool, write: Bool) {
            var event = event(descriptor, tag: tag, read: read, write: write)
            _ = epoll_ctl(epoll.value, EPOLL_CTL_MOD, descriptor, &event)
        }

        func remove(_ descriptor: Int32) {
            var event = epoll_event()
            _ = epoll_ctl(epoll.value, EPOLL_CTL_DEL, descriptor, &event)
        }

        func wake() {
            var one: UInt64 = 1
            _ = write(interruption.value, &one, 8)
        }

        /// False: the time has passed and nothing happened.
        func wait(until limit: MonotonicTime, into ready: inout [Ready]) -> Bool {
            let capacity = 64
            return withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity) { events in
                let count = epoll_wait(epoll.value, events.baseAddress, Int32(capacity), milliseconds(until: limit))
                for event in events.prefix(Int(max(count, 0))) {
                    let descriptor = Int32(truncatingIfNeeded: event.data.u64)
                    guard descriptor != interruption.value else {
                        var drained: UInt64 = 0
                        _ = read(interruption.value, &drained, 8)
                        continue
                    }
                    ready.append(Ready(descriptor: descriptor, tag: UInt32(truncatingIfNeeded: event.data.u64 >> 32)))
                }
                return count > 0
            }
        }

        private func event(_ descriptor: Int32, tag: UInt32, read: Bool, write: Bool) -> epoll_event {
            var event = epoll_event()
            if read { event.events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
            if write { event.events |= EPOLLOUT.rawValue }
            event.data.u64 = UInt64(UInt32(bitPattern: descriptor)) | UInt64(tag) << 32
            return event
        }

        /// epoll counts in milliseconds; rounded up, so that a timer has passed when the wait ends.
        private func milliseconds(until limit: MonotonicTime) -> Int32 {
            if limit.nanoseconds == .max { return -1 }
            if limit.nanoseconds == 0 { return 0 }
            let wait = MonotonicTime.now.until(limit).wholeNanoseconds
            return Int32(clamping: (wait + 999_999) / 1_000_000)
        }
    }
#endif
