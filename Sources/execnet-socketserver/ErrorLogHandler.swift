//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import ExecnetSystem
import ExecnetWire
import Logging

/// How lines of the log look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// Writes the log to standard error, a line at a time.
struct ErrorLogHandler: LogHandler {
    let format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(format: LogFormat, logLevel: Logger.Level) {
        self.format = format
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.map { ($0, "\($1)") }.sorted { $0.0 < $1.0 }
        let line =
            switch format {
            case .text: ErrorLogHandler.text(event.level, "\(event.message)", pairs)
            case .json: ErrorLogHandler.json(event.level, "\(event.message)", pairs)
            }
        // In one call, so that lines of several threads do not mix.
        let bytes = Array(line.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    private static func text(_ level: Logger.Level, _ message: String, _ pairs: [(String, String)]) -> String {
        var line = "\(now()) \(level) \(message)"
        // What a client wrote must not be able to end a line, or to look like one.
        for (key, value) in pairs { line += " \(key)=\(value.contains(" ") ? value.jsonString : value.jsonEscaped)" }
        return line + "\n"
    }

    private static func json(_ level: Logger.Level, _ message: String, _ pairs: [(String, String)]) -> String {
        let fixed = [("time", now()), ("level", level.rawValue), ("message", message)]
        let fields = (fixed + pairs).map { "\($0.jsonString):\($1.jsonString)" }
        return "{" + fields.joined(separator: ",") + "}\n"
    }

    /// The time of day in UTC, to the millisecond.
    private static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        let date = "\(padded(parts.tm_year + 1_900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}
