//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetSystem
import ExecnetWire
import Synchronization

/// Runs a script of `/bin/sh` on a channel: lines out, text and bytes in.
struct ShellProgram {
    private let script: String
    private let arguments: [String]

    init(_ value: Value) throws {
        guard let script = value["script"]?.string else {
            throw ProgramRunner.Refusal(reason: "The program has no script.")
        }
        self.script = script
        arguments = value["arguments"]?.array?.compactMap(\.string) ?? []
    }

    func run(on channel: Channel) async throws {
        let poller = try PollerThread.shared()
        let input = try DescriptorPair.pipe()
        let output = try DescriptorPair.pipe()
        let errors = Descriptor(owning: dup(2))
        let plan = ProcessPlan(executable: "/bin/sh", arguments: ["sh", "-c", script, "sh"] + arguments)
        let child = try ChildProcess.start(
            plan,
            input: input.first,
            output: output.second,
            errors: errors,
            poller: poller
        )
        input.first.close()
        output.second.close()
        try await withTaskCancellationHandler {
            try await serve(child, input.second, output.first, channel, poller)
        } onCancel: {
            child.signal(SIGKILL)
        }
    }

    private func serve(
        _ child: ChildProcess,
        _ input: Descriptor,
        _ output: Descriptor,
        _ channel: Channel,
        _ poller: Poller
    ) async throws {
        let reader = try DescriptorReader(output, poller: poller)
        let writer = try DescriptorWriter(input, poller: poller)
        // What the script left behind may hold its pipes for long: they are not waited for once it has ended.
        child.whenEnded { _ in
            reader.finish()
            writer.finish()
        }
        let feeder = Task { await feed(writer, from: channel) }
        defer { feeder.cancel() }
        do {
            try await forwardLines(of: reader, to: channel)
        } catch {
            child.signal(SIGKILL)
            throw error
        }
        let status = await child.ended()
        guard status == .exited(0) else { throw RemoteError(type: "ExitStatus", message: "\(status)") }
    }

    private func forwardLines(of reader: DescriptorReader, to channel: Channel) async throws {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        while let bytes = await reader.next() {
            bytes.withUnsafeBytes { splitter.append($0) { lines.append($0) } }
            for line in lines { try await send(line, to: channel) }
            lines.removeAll(keepingCapacity: true)
        }
        splitter.finish { lines.append($0) }
        for line in lines { try await send(line, to: channel) }
    }

    private func send(_ line: [UInt8], to channel: Channel) async throws {
        if let text = String(validating: line, as: UTF8.self) {
            try await channel.send(text)
        } else {
            try await channel.send(line)
        }
    }

    private func feed(_ writer: DescriptorWriter, from channel: Channel) async {
        do {
            for try await item in channel.items(as: Value.self) {
                guard let bytes = item.bytes ?? item.string.map({ Array($0.utf8) }) else { continue }
                guard await writer.write(bytes) else { break }
            }
        } catch {
            // The channel's end is the script's end of input, however it came about.
        }
        writer.close()
    }
}

extension ChildProcess {
    /// Waits until the process has been reaped.
    package func ended() async -> ExitStatus {
        await withCheckedContinuation { continuation in whenEnded { continuation.resume(returning: $0) } }
    }
}
