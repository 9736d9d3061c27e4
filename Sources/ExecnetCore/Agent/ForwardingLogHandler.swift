//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire
import Logging

/// Sends the log records of far programs to the coordinator.
struct ForwardingLogHandler: LogHandler {
    let label: String
    let endpoint: Endpoint
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    init(label: String, endpoint: Endpoint) {
        self.label = label
        self.endpoint = endpoint
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.map { (key: Value.string($0), value: Value.string("\($1)")) }
        let record: Value = [
            "level": .string(event.level.rawValue), "label": .string(label), "message": .string("\(event.message)"),
            "metadata": .map(ValueMap(pairs)),
        ]
        if let payload = try? Wire.encode(record.shortened), payload.count <= FrameHeader.maximumPayload {
            endpoint.sendLog(payload)
        }
    }
}
