//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetWire

/// Joins a channel to the standard input and output of a process, and another one to its standard error.
///
/// The last item on that one says how the process ended: `{"exit": status}` or `{"signal": number}`. An integer that comes on either
/// channel is a signal for the process's group.
struct ProcessStream {
    /// How long a process has to end when its input has. An agent needs up to a second, to end what it has started itself.
    private static let patience = Duration.milliseconds(1_500)
    /// How long it has when it was asked to end.
    private static let grace = Duration.seconds(1)

    var plan: ProcessPlan
    let channel: Channel
    let errors: Channel?

    func run() async throws {
        let poller = try PollerThread.shared()
        let link = try DescriptorPair.sockets()
        let standardError = try DescriptorPair.pipe()
        let process = try start(link.second, errors == nil ? Descriptor(owning: dup(2)) : standardError.second, poller)
        link.second.close()
        standardError.second.close()
        let stream = try StreamDescriptor(link.first, poller: poller)
        let output = StreamOutput(channel, to: stream) { process.signal($0) }
        let input = StreamInput(stream, to: channel)
        let diagnostics = try errors.map { errors in
            StreamInput(try StreamDescriptor(standardError.first, poller: poller), to: errors)
        }
        await withTaskCancellationHandler {
            output.start()
            input.start()
            diagnostics?.start()
            if let errors { errors.endpoint.attach(SignalSink { process.signal($0) }, to: errors.core) }
            input.whenEnded { _ in channel.end() }
            let status = await process.ended()
            // What the process left behind may hold its output open for long: that is not waited for.
            input.finish()
            _ = await input.ended()
            diagnostics?.finish()
            _ = await diagnostics?.ended()
            await report(status)
        } onCancel: {
            input.stop()
            stream.close()
            end(process, diagnostics, poller)
        }
        stream.close()
        output.stop()
    }

    private func start(_ link: Descriptor, _ errors: Descriptor, _ poller: Poller) throws -> ChildProcess {
        var plan = plan
        // A path is tried as it is: the system says best what is wrong with it.
        if !plan.executable.contains("/") {
            guard let path = ExecutablePath.find(plan.executable, path: plan.environment["PATH"]) else {
                throw ProgramRunner.Refusal(reason: "there is no executable \"\(plan.executable)\"")
            }
            plan.executable = path
        }
        do {
            return try ChildProcess.start(plan, input: link, output: link, errors: errors, poller: poller)
        } catch {
            throw ProgramRunner.Refusal(reason: "\(error)")
        }
    }

    private func report(_ status: ExitStatus) async {
        guard let errors else { return }
        // The channel is closed if nobody wants to know.
        try? await errors.send(status.streamValue)
        errors.close(with: nil)
    }

    /// Nobody listens any more. That its input ends is enough for an agent, which ends what it has started; others are told.
    private func end(_ process: ChildProcess, _ diagnostics: StreamInput?, _ poller: Poller) {
        poller.schedule(after: ProcessStream.patience) { process.signal(SIGTERM) }
        poller.schedule(after: ProcessStream.patience + ProcessStream.grace) { process.signal(SIGKILL) }
        // What nobody takes must not hold up the end.
        process.whenEnded { _ in
            diagnostics?.finish()
            poller.schedule(after: .milliseconds(100)) {
                diagnostics?.stop()
                errors?.close(with: nil)
            }
        }
    }
}
