//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What proves to servers of SSH who the user is, beside key files and the ssh-agent: secrets, and ways to ask for them. None of it ever
/// gets into a specification, a log or an error.
public struct SSHCredentials: Sendable {
    /// A private key in memory.
    public struct Key: Sendable {
        /// What errors call it, and callbacks are asked for.
        public var name: String
        /// The key as its file would have it: OpenSSH's own format, PEM or PKCS8.
        public var content: SecretBytes
        /// What it is encrypted with; ``SSHCredentials/passphrase`` is asked if this is nil or wrong.
        public var passphrase: SecretBytes?

        /// A key, such as a secret store has handed out.
        public init(name: String, content: SecretBytes, passphrase: SecretBytes? = nil) {
            self.name = name
            self.content = content
            self.passphrase = passphrase
        }
    }

    /// Where the password comes from.
    public enum Password: Sendable {
        /// It is known.
        case known(SecretBytes)
        /// Somebody is asked, when a server wants it; nil if it is not told.
        case asked(@Sendable () async -> SecretBytes?)
    }

    /// These are offered before all others.
    public var keys: [Key]
    /// Asked for the passphrase of a key, which the server has accepted already wherever that can be told before. It gets the key's file, or
    /// its name, and 1, 2 or 3: the earlier answers were wrong. Nil leaves the key out.
    public var passphrase: (@Sendable (_ file: String, _ attempt: Int) async -> SecretBytes?)?
    /// Sent once to each server that asks for one. No server is sent it twice.
    public var password: Password?
    /// Asked what a server wants to know (keyboard-interactive): one-time codes, mostly. Gives an answer to each of the questions; none, where
    /// the user has none.
    public var prompt: (@Sendable (_ questions: SSHQuestions) async -> [SecretBytes])?

    /// All callbacks run in the task that opens the gateway. It is cancelled when nobody waits for the answer any more, and they are to return
    /// soon then: the gateway is not opened, and not given up, before they do.
    public init(
        keys: [Key] = [],
        passphrase: (@Sendable (_ file: String, _ attempt: Int) async -> SecretBytes?)? = nil,
        password: Password? = nil,
        prompt: (@Sendable (_ questions: SSHQuestions) async -> [SecretBytes])? = nil
    ) {
        self.keys = keys
        self.passphrase = passphrase
        self.password = password
        self.prompt = prompt
    }
}
