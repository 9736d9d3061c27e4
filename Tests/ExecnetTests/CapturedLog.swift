//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import Logging
import Synchronization

/// All that gateways log, at every level.
final class CapturedLog: Sendable {
    private let records = Mutex<[String]>([])

    /// The messages with their metadata.
    var lines: [String] { records.withLock { $0 } }

    /// As ``GatewayConfiguration/quiet``, but for what is logged.
    var configuration: GatewayConfiguration {
        var configuration = GatewayConfiguration.quiet
        configuration.logger = Logger(label: "test") { _ in Handler(log: self) }
        return configuration
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        init(log: CapturedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            log.records.withLock { $0.append("\(event.level) \(event.message) \(metadata)") }
        }
    }
}
