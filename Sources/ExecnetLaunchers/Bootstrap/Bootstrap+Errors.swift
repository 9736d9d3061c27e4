//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem

/// Why there is no agent.
extension Bootstrap {
    func error(_ code: GatewayError.Code, _ message: String) -> GatewayError { GatewayError(code, message) }

    /// What a program on the far side said, for an error.
    func shortened(_ words: ArraySlice<String>) -> String { Noise.shown(words.joined(separator: " ").utf8) }

    /// A directory that is of no use, as the script reports it: a word, the directory, what a program said.
    func refusal(_ words: [String]) -> String {
        let reason =
            switch words.first {
            case "absent": "there is no such directory to hold it"
            case "unwritable": "it cannot be written"
            case "foreign": "it is not this user's own"
            case "noexec": "nothing can be executed in it (mounted noexec?)"
            default: words.first ?? ""
            }
        let text = shortened(words.dropFirst())
        let parts = text.split(separator: ":", maxSplits: 1)
        let detail = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
        return "\(parts.first ?? ""): \(reason)" + (detail.isEmpty ? "" : " (\(detail))")
    }

    /// Everything was tried, and there is no Python either.
    var nothingRuns: GatewayError {
        let tried = attempts.isEmpty ? "nothing was tried" : attempts.joined(separator: "; ")
        let place = "\(machine.system) \(machine.hardware)"
        if !refusals.isEmpty, directory.isEmpty {
            return error(
                .noWritableDirectory,
                "No directory on the far side can hold the agent, and there is no python3 to do without one. Tried: "
                    + refusals.joined(separator: "; ")
                    + ". Set XDG_CACHE_HOME there to a directory that can be written and executed in."
            )
        }
        let code = triedImage ? GatewayError.Code.agentCannotRun : .noPython
        return error(
            code,
            "No agent runs on the far side (\(place)), and there is no python3. Tried: \(tried). Build execnet-agent for it with "
                + "`make agent` and name it in EXECNET_AGENT_PATH, or install python3 there."
        )
    }

    package func failure(_ end: PrologueEnd) -> GatewayError {
        switch end {
        case .ended(let status): ended(status.map { " (\($0))" } ?? "")
        case .silent(let time): silent(time)
        }
    }

    private func ended(_ status: String) -> GatewayError {
        switch phase {
        case .greeting where noise.isEmpty:
            error(.startFailed, "The far side ended\(status) before a shell answered.")
        case .greeting:
            error(.noiseWithoutAnswer, "The far side ended\(status) and no shell had answered.\(noise.quote)")
        case .uploading:
            error(.uploadCutShort, "The far side ended\(status) during an upload: \(sentText).\(noise.quote)")
        case .starting, .done:
            error(
                startedPython ? .noPython : .agentCannotRun,
                "The agent ended\(status) before it answered.\(noise.quote)"
            )
        default:
            error(.startFailed, "The far side ended\(status) while the agent was being installed.\(noise.quote)")
        }
    }

    private func silent(_ time: Duration) -> GatewayError {
        switch phase {
        case .greeting where noise.isEmpty:
            error(.timedOut, "No shell answered on the far side within \(time).")
        case .greeting:
            error(.noiseWithoutAnswer, "No shell answered on the far side within \(time).\(noise.quote)")
        case .uploading: error(.uploadCutShort, "An upload got stuck for \(time): \(sentText).\(noise.quote)")
        case .starting, .done:
            error(.timedOut, "The agent was started, but did not answer within \(time).\(noise.quote)")
        default:
            error(.timedOut, "The far side was silent for \(time) while the agent was being installed.\(noise.quote)")
        }
    }

    private var sentText: String { "\(upload?.sent ?? 0) of \(upload?.content.size ?? 0) bytes had been sent" }
}
