//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import Synchronization

/// Standard error of a process behind a socket server, on a connection of its own; its last line tells how the process ended.
final class AttachedErrors: StandardErrorSource {
    /// The process, as far as the server tells.
    let process: RemoteProcess
    private let source: DescriptorErrors
    private let trailer: Mutex<EndTrailer>

    /// Sends the request, which an empty connection takes at once. If it does not it has ended already, as will be read.
    init(
        _ connection: Descriptor,
        request: [UInt8],
        token: String,
        name: String,
        poller: Poller
    ) {
        _ = request.withUnsafeBytes { connection.write($0) }
        source = DescriptorErrors(connection, poller: poller)
        trailer = Mutex(EndTrailer(token: token))
        // The server ends it when its connection is closed.
        process = RemoteProcess(name: name)
    }

    func start(
        onBytes: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws {
        try source.start(
            onBytes: { bytes in
                let (text, status) = self.trailer.withLock { ($0.add(bytes), $0.status) }
                text.withUnsafeBytes(onBytes)
                if let status { self.process.ended(status) }
            },
            onEnd: {
                let rest = self.trailer.withLock { $0.finish() }
                rest.withUnsafeBytes(onBytes)
                self.process.ended(nil)
                onEnd()
            }
        )
    }

    func stop() { source.stop() }
}
