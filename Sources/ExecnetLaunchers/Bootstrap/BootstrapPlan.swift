//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What stage 0 is to achieve on the far side.
package struct BootstrapPlan: Sendable {
    /// Which agents may be started.
    package enum Choice: Sendable {
        /// A native one, or the Python agent where none runs.
        case any
        /// The Python agent, by this interpreter and its arguments.
        case python([String])
    }

    /// What the search for images on this machine found.
    package struct Images: Sendable {
        /// Best first.
        package var found: [AgentImage]
        /// Why there are no others: each place and what is wrong with it.
        package var tried: [String]

        package init(found: [AgentImage], tried: [String] = []) {
            self.found = found
            self.tried = tried
        }
    }

    /// Marks the lines that stage 0 says; nobody can guess it.
    package var nonce: String
    package var choice = Choice.any
    /// Images that the far side most likely can run: those for this machine's platform.
    package var images = Images(found: [])
    /// Whether an image in the cache is started without further questions.
    package var trustsCache = true
    /// Finds the images for a platform. May take a moment.
    package var search: @Sendable (Platform) async -> Images
    /// Variables for the agent's environment.
    package var environment: [String: String] = [:]
    package var directory: String?
    package var nice = 0
    /// The agent's name in lists of processes.
    package var name = "execnet-agent"
    /// Told how many bytes of an upload have been handed to the stream, and how many there are.
    package var progress: (@Sendable (_ sent: Int, _ total: Int) -> Void)?

    package init(nonce: String = makeNonce(), search: @escaping @Sendable (Platform) async -> Images) {
        self.nonce = nonce
        self.search = search
    }

    /// A new nonce.
    package static func makeNonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The image that the script looks for before it asks: the best one only, because a worse one, which another program may have left in
    /// the cache, is to be started only where the best does not run.
    var hint: String? {
        guard trustsCache, case .any = choice else { return nil }
        return images.found.first?.id
    }
}
