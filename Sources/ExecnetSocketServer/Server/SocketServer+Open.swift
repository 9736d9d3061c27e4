//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTLS
import Logging
import NIOSSL

/// What the server's processes are started with.
struct ProcessEnvironment: Sendable {
    var variables: [String: String]
    var directory: String?

    func plan(_ executable: String, _ arguments: [String]) -> ProcessPlan {
        var plan = ProcessPlan(executable: executable, arguments: arguments, environment: variables)
        plan.directory = directory
        return plan
    }
}

extension SocketServer {
    struct Opened {
        var listeners: [Listener]
        var context: NIOSSLContext?
        var environment: ProcessEnvironment
    }

    /// Opens the sockets and becomes the user that it is to be. Nobody is served before that.
    func open() throws(SocketServerError) -> Opened {
        let user = try configuration.user.map { name throws(SocketServerError) in try User(name: name) }
        let context: NIOSSLContext?
        do throws(SecurityError) { context = try configuration.security.makeServerContext() } catch {
            throw SocketServerError(error.description)
        }
        var listeners: [Listener] = []
        do throws(SocketServerError) {
            for address in configuration.addresses {
                listeners += try Listener.open(address, beside: configuration.addresses, owner: user)
            }
            for listener in listeners { try check(listener) }
            try checkPythonSource(listeners)
            try user?.become()
        } catch {
            for listener in listeners { listener.close() }
            throw error
        }
        if case .key(let key) = configuration.security, key.isExposed {
            logger.warning("THE KEY FILE CAN BE READ BY OTHERS than its owner: chmod 600 it, and make a new key")
        }
        return Opened(listeners: listeners, context: context, environment: environment(of: user))
    }

    private func check(_ listener: Listener) throws(SocketServerError) {
        guard !listener.isLocal, !configuration.security.admitsOnlyKnown else { return }
        guard configuration.allowsStrangers else {
            throw SocketServerError(
                """
                \(listener.text) can be reached from other machines, and everybody who does could run anything here. \
                Give a key (--key-file), or certificates with --trusted; or say --insecure if that is what you want.
                """
            )
        }
        logger.warning("EVERYBODY WHO REACHES THIS ADDRESS CAN RUN ANYTHING", metadata: ["address": "\(listener.text)"])
    }

    private func checkPythonSource(_ listeners: [Listener]) throws(SocketServerError) {
        guard configuration.servesPythonSource else { return }
        if case .none = configuration.security {
        } else {
            throw SocketServerError(
                "Python's own clients know no keys or certificates: --python-source is without them only."
            )
        }
        if let listener = listeners.first(where: { !$0.isLocal }) {
            throw SocketServerError(
                "--python-source is for this machine only, and \(listener.text) can be reached from others."
            )
        }
    }

    private func environment(of user: User?) -> ProcessEnvironment {
        var variables = ProcessPlan.currentEnvironment
        for name in Listener.variables { variables[name] = nil }
        return ProcessEnvironment(
            variables: user?.environment(from: variables) ?? variables,
            directory: user?.directory
        )
    }
}
