//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Synchronization

/// What a stream's process writes to its standard error, and how it ends.
final class ErrorLog: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let stream: GatewayStream
    private let ends: AsyncStream<Void>

    init(_ stream: GatewayStream) {
        self.stream = stream
        let (ends, end) = AsyncStream<Void>.makeStream()
        self.ends = ends
        stream.errors?.start(onBytes: { more in self.bytes.withLock { $0 += more } }, onEnd: { end.finish() })
    }

    /// Nil: nobody knows.
    var end: ExecnetSystem.ExitStatus? {
        get async {
            for await _ in ends {}
            return stream.errors?.process.exitStatus
        }
    }

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
