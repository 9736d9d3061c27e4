//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far the upload of an agent is, as a line on standard error if that is a terminal.
final class PlantingProgress: Sendable {
    private static let isPossible = isatty(STDERR_FILENO) == 1

    /// What the line says; nil if there is none.
    private let percent = Mutex<Int?>(nil)

    /// How a gateway is opened whose upload is shown.
    var configuration: GatewayConfiguration {
        var configuration = GatewayConfiguration()
        if PlantingProgress.isPossible { configuration.progress = { self.show($0) } }
        return configuration
    }

    func show(_ progress: OpeningProgress) {
        let now = progress.totalBytes > 0 ? 100 * progress.sentBytes / progress.totalBytes : 100
        percent.withLock { shown in
            guard shown != now else { return }
            shown = now
            PlantingProgress.print("\rplanting agent: \(now) %\u{1B}[K")
        }
    }

    /// Takes the line away.
    func finish() {
        percent.withLock { shown in
            if shown != nil { PlantingProgress.print("\r\u{1B}[K") }
            shown = nil
        }
    }

    private static func print(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
