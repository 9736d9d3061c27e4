//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH

extension SSHAuthentication {
    /// How often a passphrase is asked for.
    private static let passphraseAttempts = 3

    // MARK: what there is

    /// An authenticator that knows all keys there are.
    func authenticator() async throws -> Authenticator {
        var keys = KeysAtHand()
        var notes: [String] = []
        if options.methods.contains(.publicKey) {
            for key in credentials.keys {
                do throws(KeyError) {
                    let file = try KeyFile(name: key.name, content: key.content)
                    keys.memory.append(KeyCandidate(file, passphrase: key.passphrase))
                } catch {
                    notes.append("not used: \(key.name): \(error)")
                }
            }
            for (identity, file) in try await files() {
                switch file {
                case .success(let file?): keys.files.append(file)
                case .success(nil):
                    if identity.isNamed { notes.append("not used: \(identity.path): there is no such file") }
                case .failure(let error): notes.append("not used: \(identity.path): \(error)")
                }
            }
            switch try await identities() {
            case .success(let identities): keys.agent = identities
            case .failure(let obstacle): keys.agentObstacle = obstacle.description
            }
        }
        let password: Authenticator.Means.Password =
            switch credentials.password {
            case .known: .known
            case .asked: .asked
            case nil: .none
            }
        let means = Authenticator.Means(password: password, hasPrompt: credentials.prompt != nil)
        return Authenticator(keys, means, options, notes: notes)
    }

    private typealias Files = [(SSHAuthenticationOptions.Identity, Result<KeyFile?, KeyError>)]

    private func files() async throws -> Files {
        let identities = options.identities
        guard !identities.isEmpty else { return [] }
        return try await BlockingWork.run {
            identities.map { identity in
                do throws(KeyError) {
                    return (identity, .success(try KeyFile.read(identity.path)))
                } catch {
                    return (identity, .failure(error))
                }
            }
        }
    }

    private struct Obstacle: Error, CustomStringConvertible { var description: String }

    private func identities() async throws -> Result<[AgentIdentity], Obstacle> {
        guard let path = options.agent else { return .success([]) }
        return try await waiting {
            do {
                return .success(try await AgentClient(path: path).identities())
            } catch {
                return .failure(Obstacle(description: "the ssh-agent at \(path) was not used: \(error)"))
            }
        }
    }

    // MARK: a key of the agent's

    func sign(by identity: AgentIdentity) async throws -> Authenticator.Answer {
        let result = await offer(identity.key)
        guard case .success(let data?) = result else { return try refusal(result) }
        let path = options.agent ?? ""
        let signature = try await waiting { () -> Result<[UInt8], Obstacle> in
            do {
                return .success(try await AgentClient(path: path).signature(of: data, by: identity.key))
            } catch {
                return .failure(Obstacle(description: "the ssh-agent did not sign: \(error)"))
            }
        }
        switch signature {
        case .success(let bytes):
            _ = session.call { execnet_ssh_signature($0, bytes, bytes.count) }
            return try refusal(await offer(identity.key))
        case .failure(let obstacle):
            await withdraw(identity.key)
            return .unusable(obstacle.description)
        }
    }

    /// Asks whether the server takes a key.
    ///
    /// - Returns: what is to be signed, if it does and nothing is signed yet.
    private func offer(_ key: PublicKey) async -> Result<[UInt8]?, SSHFailure> {
        await session.settled { handle -> SSHCall<[UInt8]?> in
            let call = SSHCall<Int32>(execnet_ssh_sign(handle, user, key.blob, key.blob.count))
            switch call {
            case .done: return .done(nil)
            case .failed(let code): return .failed(code)
            case .again:
                var count = 0
                guard let data = execnet_ssh_to_sign(handle, &count) else { return .again }
                return .done(Array(UnsafeBufferPointer(start: data, count: count)))
            }
        }
    }

    /// What became of a key that was offered: nothing is left to be signed.
    private func refusal(_ result: Result<[UInt8]?, SSHFailure>) throws -> Authenticator.Answer {
        switch result {
        case .success: .accepted
        case .failure(let failure): try answer(failure.code)
        }
    }

    /// Leaves a key that the server takes, before it is signed with. The server is not told.
    private func withdraw(_ key: PublicKey) async {
        _ = session.call { execnet_ssh_signature($0, nil, 0) }
        _ = await offer(key)
    }

    // MARK: a key of a file, or the caller's

    func sign(by file: KeyFile, _ known: SecretBytes?) async throws -> Authenticator.Answer {
        guard file.text.isEncrypted else {
            return try await send(file, passphrase: nil) ?? .unusable("it cannot be read")
        }
        if let known, let answer = try await send(file, passphrase: known) { return answer }
        guard let ask = credentials.passphrase else {
            return .unusable(known == nil ? "it is encrypted, and no passphrase is known" : "the passphrase is wrong")
        }
        // Nobody is asked for the passphrase of a key that the server does not take.
        if known == nil, let key = file.text.publicKey {
            let result = await offer(key)
            guard case .success(.some) = result else { return try refusal(result) }
            await withdraw(key)
        }
        for attempt in 1...SSHAuthentication.passphraseAttempts {
            let passphrase = try await waiting { [name = file.name] in await ask(name, attempt) }
            guard let passphrase else { return .unusable("its passphrase was not told") }
            if let answer = try await send(file, passphrase: passphrase) { return answer }
        }
        return .unusable("its passphrase was wrong \(SSHAuthentication.passphraseAttempts) times")
    }

    /// Logs in with a key, for which the server is asked first where the public part is known. Nil if the key cannot be decrypted or read.
    private func send(_ file: KeyFile, passphrase: SecretBytes?) async throws -> Authenticator.Answer? {
        guard let content = file.content else { return nil }
        let line = file.text.publicLine
        let attempt = { @Sendable [user] (handle: OpaquePointer) -> Int32 in
            func send(_ line: UnsafePointer<CChar>?, _ count: Int, _ passphrase: UnsafePointer<CChar>?) -> Int32 {
                content.withCString { execnet_ssh_key(handle, user, line, count, $0, content.count, passphrase) }
            }
            func send(_ passphrase: UnsafePointer<CChar>?) -> Int32 {
                guard let line else { return send(nil, 0, passphrase) }
                return line.withCString { send($0, line.utf8.count, passphrase) }
            }
            return passphrase?.withCString { send($0) } ?? send(nil)
        }
        // To decrypt a key takes long on purpose.
        let result =
            passphrase == nil ? await session.settled(attempt) : try await session.settledOnThread(attempt)
        let answer = try answer(result)
        if case .unusable = answer { return nil }
        return answer
    }
}
