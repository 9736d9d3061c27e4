//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem

/// Where executables are looked for that may be started as agents.
package struct AgentImages: Sendable {
    /// Names agents to use, or folders with agents, with colons between them.
    package static let pathVariable = "EXECNET_AGENT_PATH"
    /// The name of an agent without anybody's program; one that is built for another platform has that in its name too.
    package static let name = "execnet-agent"

    /// A file or a folder. With it nothing else is looked at.
    private let option: String?
    /// The running executable, if it may be started as an agent.
    private let own: String?
    private let named: String?
    /// The folder that the running executable is in.
    private let beside: String?
    private let searchPath: String?

    package init(option: String?) {
        let running = ExecutablePath.resolvedRunning
        self.init(
            option: option,
            own: Agent.isPlantable ? ExecutablePath.running : nil,
            named: getenv(AgentImages.pathVariable).map { String(cString: $0) },
            beside: running.lastIndex(of: "/").map { String(running[..<$0]) },
            searchPath: getenv("PATH").map { String(cString: $0) }
        )
    }

    init(option: String?, own: String?, named: String?, beside: String?, searchPath: String?) {
        self.option = option
        self.own = own
        self.named = named
        self.beside = beside
        self.searchPath = searchPath
    }

    // MARK: for this machine

    /// The agent to start as a process of this machine.
    package func local(gateway: String) throws(GatewayError) -> (path: String, isOwn: Bool) {
        if option == nil, let own { return (own, true) }
        for place in places(for: .current) where access(place, X_OK) == 0 && ExecutablePath.isFile(place) {
            // What is not such an executable at all may be a script that leads to one.
            if let file = try? ELFFile(path: place), file.platform != .current { continue }
            return (place, false)
        }
        if let option { throw GatewayError(.noAgentImage, "There is no executable \"\(option)\".", gateway: gateway) }
        throw GatewayError(
            .notPlantable,
            "This program may not be started as an agent, because it has not called Agent.serveIfLaunched(), and no "
                + "execnet-agent was found beside it, along PATH or in \(AgentImages.pathVariable).",
            gateway: gateway
        )
    }

    // MARK: for others

    /// An executable that can be planted, as far as its header tells.
    package struct Candidate: Sendable {
        package let path: String
        package let isOwn: Bool
        package let isStatic: Bool

        /// Reads it with all that it needs, once for all who ask.
        package func image() async throws -> AgentImage { try await AgentImage.load(path, isOwn: isOwn) }
    }

    /// What was found for a platform, best first, and what was looked at besides.
    package struct Findings: Sendable {
        package var candidates: [Candidate] = []
        /// Why each of the others cannot be used, as lines to be shown.
        package var refused: [String] = []
    }

    /// The agents for a platform: the option's, else this program itself, those of the environment variable, beside this program, and along PATH.
    package func findings(for platform: Platform) -> Findings {
        var findings = Findings()
        var seen: Set<FileIdentity> = []
        func consider(_ path: String, isOwn: Bool) {
            let identity: FileIdentity
            do throws(SystemError) {
                identity = try FileIdentity(path: path)
            } catch {
                return findings.refused.append("\(path): \(error.reason)")
            }
            guard seen.insert(identity).inserted else { return }
            do throws(ELFFile.Malformed) {
                let file = try ELFFile(path: path)
                let shown = isOwn ? "this program" : path
                if file.platform != platform {
                    findings.refused.append("\(shown): is built for \(file.platform)")
                } else if !file.isStatic, platform != .current {
                    findings.refused.append("\(shown): needs shared libraries; build it with -static-executable")
                } else {
                    findings.candidates.append(Candidate(path: path, isOwn: isOwn, isStatic: file.isStatic))
                }
            } catch {
                findings.refused.append("\(path): \(error)")
            }
        }
        if option == nil {
            if let own {
                consider(own, isOwn: true)
            } else {
                findings.refused.append("this program: has not called Agent.serveIfLaunched()")
            }
        }
        for place in places(for: platform) { consider(place, isOwn: false) }
        return findings
    }

    /// The error for when nothing was found for a platform, or nothing of that works there.
    package func error(for platform: Platform, _ findings: Findings, gateway: String) -> GatewayError {
        let tried = findings.refused.map { "\n  \($0)" }.joined()
        return GatewayError(
            .noAgentImage,
            "There is no agent for \(platform). Build \(AgentImages.name) there (make agent), and put it beside this program as "
                + "\(AgentImages.name)-\(platform), or name it in \(AgentImages.pathVariable). Tried:\(tried)",
            gateway: gateway
        )
    }

    // MARK: places

    /// The files to look at, apart from this program itself; folders only count with what is in them.
    private func places(for platform: Platform) -> [String] {
        let names = ["\(AgentImages.name)-\(platform)", AgentImages.name]
        if let option { return files(option, names) }
        var places: [String] = []
        for entry in named?.split(separator: ":") ?? [] { places += files(String(entry), names) }
        let path = searchPath ?? ExecutablePath.usualPath
        let folders: [String] = [beside ?? ""] + path.split(separator: ":").map { String($0) }
        for folder in folders where !folder.isEmpty {
            for name in names where access("\(folder)/\(name)", F_OK) == 0 { places.append("\(folder)/\(name)") }
        }
        return places
    }

    /// What a name given by the user leads to: a command along PATH, a file, the agents in a folder. If to nothing, the name itself.
    private func files(_ name: String, _ names: [String]) -> [String] {
        if !name.contains("/"), let path = ExecutablePath.find(name, path: searchPath) { return [path] }
        guard ExecutablePath.isFolder(name) else { return [name] }
        let paths = names.map { name + "/" + $0 }
        let found = paths.filter { access($0, F_OK) == 0 }
        return found.isEmpty ? Array(paths.prefix(1)) : found
    }
}
