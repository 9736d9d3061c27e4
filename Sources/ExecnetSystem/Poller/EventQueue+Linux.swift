//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if os(Linux)
    import CExecnetSystem

    /// The kernel's queue of ready descriptors (epoll), with one that interrupts its wait and one for the next timer.
    ///
    /// The timer is a descriptor too, so that any thread can set it without waking the one that waits, and to the nanosecond.
    package struct EventQueue: Sendable {
        package struct Ready {
            package var descriptor: Int32
            package var tag: UInt32
        }

        private let epoll: Descriptor
        private let interruption: Descriptor
        private let timer: Descriptor

        init() throws(SystemError) {
            epoll = Descriptor(owning: epoll_create1(Int32(EPOLL_CLOEXEC)))
            guard epoll.value >= 0 else { throw SystemError("make an event queue") }
            interruption = Descriptor(owning: eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)))
            guard interruption.value >= 0 else { throw SystemError("make an event descriptor") }
            timer = Descriptor(owning: timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK)))
            guard timer.value >= 0 else { throw SystemError("make a timer descriptor") }
            try add(interruption.value, tag: 0, read: true, write: false)
            try add(timer.value, tag: 0, read: true, write: false)
        }

        func add(_ descriptor: Int32, tag: UInt32, read: Bool, write: Bool) throws(SystemError) {
            var event = event(descriptor, tag: tag, read: read, write: write)
            guard epoll_ctl(epoll.value, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
                throw SystemError("watch a descriptor")
            }
        }

        /// Tells only when the other side has gone or will send no more, however much there is to read.
        func addHangUp(_ descriptor: Int32, tag: UInt32) throws(SystemError) {
            var event = event(descriptor, tag: tag, read: false, write: false)
            event.events = EPOLLRDHUP.rawValue
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

        /// Has a wait return at `deadline`; replaces what was set before.
        func setTimer(_ deadline: MonotonicTime) {
            var setting = itimerspec()
            setting.it_value.tv_sec = Int(clamping: deadline.nanoseconds / 1_000_000_000)
            setting.it_value.tv_nsec = Int(deadline.nanoseconds % 1_000_000_000)
            _ = timerfd_settime(timer.value, Int32(TFD_TIMER_ABSTIME), &setting, nil)
        }

        /// Collects what is ready; waits for something if told so. False: nothing happened.
        func collect(wait: Bool, into ready: inout [Ready]) -> Bool {
            let capacity = 64
            return withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity) { events in
                let count = epoll_wait(epoll.value, events.baseAddress, Int32(capacity), wait ? -1 : 0)
                for event in events.prefix(Int(max(count, 0))) {
                    let descriptor = Int32(truncatingIfNeeded: event.data.u64)
                    if descriptor == interruption.value || descriptor == timer.value {
                        var drained: UInt64 = 0
                        _ = read(descriptor, &drained, 8)
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
    }
#endif
