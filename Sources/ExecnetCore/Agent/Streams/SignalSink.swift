//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// Takes signals for a process, and nothing else.
final class SignalSink: ChannelSink {
    private let onSignal: @Sendable (Int32) -> Void

    init(_ onSignal: @escaping @Sendable (Int32) -> Void) { self.onSignal = onSignal }

    func received(_ item: UnsafeRawBufferPointer, cost: Int) -> Int {
        if let number = try? Wire.decode(Int32.self, from: item) { onSignal(number) }
        return cost
    }

    func receivedEnd() {}
    func closed(_ end: ChannelEnd) {}
}
