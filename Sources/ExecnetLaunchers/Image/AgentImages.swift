//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem

/// Which executable is started as the agent.
package enum AgentImage {
    /// Names an agent to use instead of the one found beside this program.
    package static let pathVariable = "EXECNET_AGENT_PATH"

    /// The agent for this machine: this program itself if it may be, else `execnet-agent` from the option, the environment variable, beside this
    /// program, or along PATH.
    package static func local(option: String?, gateway: String) throws(GatewayError) -> (path: String, isOwn: Bool) {
        if let option {
            guard let path = ExecutablePath.find(option) else {
                throw GatewayError(.noAgentImage, "There is no executable \"\(option)\".", gateway: gateway)
            }
            return (path, false)
        }
        if Agent.isPlantable { return (ExecutablePath.running, true) }
        let own = ExecutablePath.resolvedRunning
        let beside = own.lastIndex(of: "/").map { String(own[..<$0]) + "/execnet-agent" }
        let named = getenv(pathVariable).map { String(cString: $0) }
        for candidate in [named, beside, "execnet-agent"] {
            if let candidate, let path = ExecutablePath.find(candidate) { return (path, false) }
        }
        throw GatewayError(
            .notPlantable,
            "This program may not be started as an agent, because it has not called Agent.serveIfLaunched(), and no "
                + "execnet-agent was found beside it, along PATH or in \(pathVariable).",
            gateway: gateway
        )
    }
}
