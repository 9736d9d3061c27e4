//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSSH
import ExecnetSystem
import ExecnetWire

extension Diagnosis {
    /// Measures a gateway that is open.
    func examine(_ gateway: Gateway) async {
        await measure(.roundTrip, gateway) {
            let time = try await gateway.roundTrip()
            return ("median of \(Gateway.roundTrips)", time / .milliseconds(1))
        }
        await measure(.clock, gateway) { (try await gateway.clockOffset(), nil) }
        await measure(.throughput, gateway) { (try await gateway.throughput(), nil) }
    }

    private func measure(
        _ name: DoctorStep.Name,
        _ gateway: Gateway,
        _ body: () async throws -> (detail: String, milliseconds: Double?)
    ) async {
        do {
            let (detail, milliseconds) = try await body()
            measured(name, detail, milliseconds: milliseconds)
        } catch is CancellationError {
            // It was not tried.
        } catch let error as GatewayError {
            failed(name, error)
        } catch {
            failed(name, GatewayError(.startFailed, "\(error)"))
        }
    }
}

extension Gateway {
    package static let roundTrips = 21

    /// The median of the times that status queries take.
    package func roundTrip() async throws -> Duration {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<Gateway.roundTrips { times.append(try await clock.measure { _ = try await status() }) }
        return times.sorted()[Gateway.roundTrips / 2]
    }

    /// By how much the clock over there differs from the one here, judged by the quickest of some answers.
    fileprivate func clockOffset() async throws -> String {
        var best: (offset: Double, doubt: Double)?
        for _ in 0..<5 {
            let start = WallTime.now
            guard let there = try await time() else { return "the agent does not tell the time" }
            let doubt = (WallTime.now - start) / 2
            if doubt >= 0, doubt < best?.doubt ?? .infinity { best = (there - start - doubt, doubt) }
        }
        // A clock that was set meanwhile tells nothing.
        guard let best else { return "the clock here was set back meanwhile" }
        let doubt = "give or take \(Gateway.tenths(best.doubt * 1_000)) ms"
        guard abs(best.offset) > best.doubt else { return "as here, \(doubt)" }
        return
            "\(Gateway.tenths(abs(best.offset) * 1_000)) ms \(best.offset < 0 ? "behind" : "ahead of") this machine's, \(doubt)"
    }

    // MARK: throughput

    private static let amount = 4 << 20
    private static let piece = 64 << 10
    private static let patience = Duration.seconds(1)

    /// Sends bytes to `cat` over there and takes them back, until all have come or the time is over.
    fileprivate func throughput() async throws -> String {
        let stream = try await openStream(process: ["cat"])
        stream.errors?.start(onBytes: { _ in }, onEnd: {})
        let channel = stream.channel
        defer { try? channel.close() }
        let start = MonotonicTime.now
        async let _ = Gateway.feed(channel)
        var received = 0
        do {
            while received < Gateway.amount {
                let rest = max(.zero, Gateway.patience - start.until(.now))
                received += try await channel.receive(as: [UInt8].self, timeout: rest).count
            }
        } catch let error as ChannelError where error.code == .timedOut {
            guard received > 0 else {
                throw GatewayError(.timedOut, "Of what was sent nothing came back within \(Gateway.patience).")
            }
        }
        let megabytes = Double(received) / 1e6
        let speed = megabytes / max(start.until(.now) / .seconds(1), 1e-9)
        return "\(Gateway.tenths(speed)) MB/s each way at once (\(Gateway.tenths(megabytes)) MB through cat)"
    }

    private static func feed(_ channel: Channel) async {
        let bytes = [UInt8](repeating: 0x55, count: piece)
        do {
            for _ in 0..<amount / piece { try await channel.send(bytes, timeout: patience) }
        } catch {
            // Whoever receives knows more.
        }
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((min(number, 1e9) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
