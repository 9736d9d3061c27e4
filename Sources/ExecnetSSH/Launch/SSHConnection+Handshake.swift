//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import ExecnetCore
import ExecnetSystem
import Logging

extension SSHConnection {
    /// Agrees on algorithms and keys with the server, and makes sure that it is the right one.
    func shakeHands(_ session: SSHSession, _ limit: TimeLimit) async throws {
        observer(.began(.hostKey))
        let known = try await knownHosts()
        observer(.began(.version))
        let algorithms = try algorithms(known)
        prefer(EXECNET_SSH_KEX, algorithms.keyExchanges, session)
        prefer(EXECNET_SSH_HOST_KEY, algorithms.hostKeys, session)
        for method in [EXECNET_SSH_CIPHER_OUT, EXECNET_SSH_CIPHER_IN] { prefer(method, algorithms.ciphers, session) }
        for method in [EXECNET_SSH_MAC_OUT, EXECNET_SSH_MAC_IN] { prefer(method, algorithms.macs, session) }
        let result = await session.settled { SSHCall<Int32>(execnet_ssh_handshake($0)) }
        let preface = session.buffers.preface
        if let version = preface.version {
            observer(.ended(.version, "\(version)"))
            observer(.began(.algorithms))
        }
        if case .failure(let problem) = result { throw failure(session, problem, algorithms) }
        let chosen = preface.preface.flatMap { try? ChosenAlgorithms(algorithms, $0.offer) }
        observer(.ended(.algorithms, chosen.map { "\($0)" } ?? ""))
        observer(.began(.hostKey))
        try await check(try hostKey(session), known, session, limit)
    }

    /// What to offer: for the server's key the types that are recorded go first.
    private func algorithms(_ known: KnownHosts) throws -> Algorithms {
        var algorithms: Algorithms
        do throws(OpenSSHReason) {
            algorithms = try Algorithms.preferred.changed(by: hop.algorithms)
        } catch {
            throw NeedsOpenSSH(reason: "\(error)", code: .noCommonAlgorithm)
        }
        switch HostKeyOrder(known.recordedTypes(hop.hostName), hop.policy, supported: algorithms.hostKeys) {
        case .methods(let types): algorithms.hostKeys = types
        case .needsOpenSSH(let types):
            let types = types.isEmpty ? "only an authority" : types.joined(separator: ", ")
            throw NeedsOpenSSH(
                reason: "of \(hop.name) only what libssh2 cannot check is recorded (\(types))",
                code: .hostKeyUnsupported
            )
        }
        return algorithms
    }

    /// Why no handshake came about.
    private func failure(_ session: SSHSession, _ problem: SSHFailure, _ algorithms: Algorithms) -> any Error {
        let preface = session.buffers.preface
        guard let offer = preface.preface?.offer else {
            guard let beginning = preface.ended() else { return lost(session, problem) }
            return error(beginning.code, "\(hop.name): \(beginning)")
        }
        do throws(NoCommonAlgorithm) {
            _ = try ChosenAlgorithms(algorithms, offer)
            return lost(session, problem)
        } catch {
            if let reason = OpenSSHReason(error) {
                return NeedsOpenSSH(reason: "\(reason)", code: .noCommonAlgorithm)
            }
            return self.error(.noCommonAlgorithm, "\(hop.name): \(error)")
        }
    }

    private func prefer(_ method: execnet_ssh_method, _ list: [String], _ session: SSHSession) {
        _ = session.call { execnet_ssh_prefer($0, method, list.joined(separator: ",")) }
    }

    private func knownHosts() async throws -> KnownHosts {
        let files = hop.knownHostsFiles
        return try await translated { try await BlockingWork.run { try KnownHosts(files: files) } }
    }

    private func hostKey(_ session: SSHSession) throws -> HostKey {
        let blob = session.call { handle -> [UInt8] in
            var count = 0
            return Array(UnsafeBufferPointer(start: execnet_ssh_host_key(handle, &count), count: count))
        }
        do throws(HostKeyError) {
            return try HostKey(blob: blob ?? [])
        } catch {
            throw self.error(.protocolViolation, "\(hop.name): \(error)")
        }
    }

    private func check(
        _ key: HostKey,
        _ known: KnownHosts,
        _ session: SSHSession,
        _ limit: TimeLimit
    ) async throws {
        let check = HostKeyCheck(
            name: hop.hostName,
            key: key,
            verdict: known.lookup(hop.hostName, key),
            file: hop.recordsTo
        )
        // While somebody is asked the limit does not run, but the server's does.
        limit.stop()
        let settled = await session.result { [hop] in await check.settled(hop.policy) }
        limit.start()
        guard let settled else { throw lost(session, SSHFailure(SSHCode.transportEnded, "the session is over")) }
        let verdict: String
        switch settled {
        case .accept: verdict = if case .pinned = hop.policy { "the pinned one" } else { "recorded" }
        case .acceptUnchecked(let warning):
            logger.warning("\(warning)")
            verdict = "not checked"
        case .acceptAndRecord:
            try await record(key)
            verdict = "new, and now recorded in \(hop.recordsTo)"
        case .refuse(let refusal) where refusal.needsOpenSSH:
            throw NeedsOpenSSH(reason: refusal.description, code: refusal.code)
        case .refuse(let refusal): throw error(refusal.code, refusal.description)
        case .ask: throw error(.hostKeyUnknown, "Nobody could be asked about the host key of \(hop.name).")
        }
        observer(.ended(.hostKey, "\(key.type) \(key.fingerprint), \(verdict)"))
    }

    private func record(_ key: HostKey) async throws {
        let file = KnownHostsFile(path: hop.recordsTo, hashesNames: hop.hashesNames)
        do {
            _ = try await BlockingWork.run { try file.record(key, of: hop.hostName) }
        } catch HostKeyError.refused(let refusal) {
            throw error(refusal.code, refusal.description)
        } catch let problem as HostKeyError {
            // The key is good, only the file is not.
            logger.warning("\(problem)")
        }
    }

    private func translated<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let problem as HostKeyError {
            throw error(.hostKeyUnsupported, "\(problem)")
        }
    }
}

extension HostKeyRefusal {
    fileprivate var code: GatewayError.Code {
        switch reason {
        case .unknown, .otherTypes, .declined: .hostKeyUnknown
        case .changed, .notThePinned: .hostKeyChanged
        case .revoked: .hostKeyRevoked
        case .authorityOnly: .hostKeyUnsupported
        }
    }
}
