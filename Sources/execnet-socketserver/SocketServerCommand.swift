//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import ExecnetSocketServer
import ExecnetSystem
import ExecnetTLS
import Logging
import ServiceLifecycle

/// The command `execnet-socketserver`.
@main struct SocketServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "execnet-socketserver",
        abstract: "Let coordinators start gateways on this machine, over sockets.",
        discussion: """
            Whoever may connect can run anything as the user of this server. So it listens on this machine only, unless a key \
            (the same file on both sides) or certificates keep strangers out. A good key: head -c 32 /dev/urandom | base64

            On standard output it prints "listening on ADDRESS" for every address once it can be connected to; its log goes to \
            standard error. SIGTERM or SIGINT stops it: no connection is accepted any more, what runs may go on for the time of \
            --grace, and is then ended. A second one ends everything at once. The exit status is 0; 1 if it could not be started; \
            64 if the command was used wrongly.

            Examples:
              execnet-socketserver
              execnet-socketserver --listen 0.0.0.0:8888 --key-file /etc/execnet.key --user build
              execnet-socketserver --listen unix:/run/execnet.socket
              execnet-socketserver --listen fd:3 --idle-timeout 600     (started by a socket of systemd)
            """,
        version: "0.1.0"
    )

    @Option(
        name: .customLong("listen"),
        help: ArgumentHelp(
            "host:port, [::1]:port, unix:path or fd:3; may be repeated. Port 0 lets the system choose. (default: localhost:8888)",
            valueName: "address"
        ),
        transform: { try ListenAddress($0) }
    )
    var addresses: [ListenAddress] = []

    @Option(
        help: ArgumentHelp("Take only clients that have the key in this file, of 16 to 256 bytes.", valueName: "file")
    )
    var keyFile: String?

    @Option(help: ArgumentHelp("The server's certificate and those above it, in PEM format.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("The private key of the certificate, in PEM format.", valueName: "file"))
    var privateKey: String?

    @Option(
        help: ArgumentHelp(
            "Take only clients with a certificate signed by one of these, in PEM format.",
            valueName: "file"
        )
    )
    var trusted: String?

    @Flag(help: "Listen on addresses that others can reach even if everybody may then run anything here.")
    var insecure = false

    @Flag(help: "Serve one process, and end.")
    var once = false

    @Option(help: ArgumentHelp("Processes that may run at a time.", valueName: "number"))
    var maxConnections = 64

    @Option(help: ArgumentHelp("End after that long without any connection.", valueName: "seconds"))
    var idleTimeout: Double?

    @Option(help: ArgumentHelp("Change to this user once it listens (only root can).", valueName: "name"))
    var user: String?

    @Flag(help: "Serve clients of Python's own execnet package as well; on this machine and without a key only.")
    var pythonSource = false

    @Option(help: ArgumentHelp("How long what runs may go on after a stop.", valueName: "seconds"))
    var grace = 10.0

    @Option(help: "How the log is written: text or json, an object a line.")
    var logFormat = LogFormat.text

    @Option(
        help: ArgumentHelp(
            "What is logged: trace, debug, info, notice, warning, error or critical. (default: info)",
            valueName: "level"
        ),
        transform: Self.level
    )
    var logLevel = Logger.Level.info

    /// A year, in seconds.
    private static let longest = 31_536_000.0

    func validate() throws {
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key go together.")
        }
        guard trusted == nil || certificate != nil else { throw ValidationError("--trusted needs --certificate.") }
        guard keyFile == nil || certificate == nil else {
            throw ValidationError("Give a key or a certificate, not both.")
        }
        guard maxConnections > 0 else { throw ValidationError("--max-connections must be at least 1.") }
        guard (0...Self.longest).contains(grace) else {
            throw ValidationError("--grace takes 0 to \(Int(Self.longest)) seconds.")
        }
        guard idleTimeout.map({ $0 > 0 && $0 <= Self.longest }) ?? true else {
            throw ValidationError("--idle-timeout takes more than 0 and at most \(Int(Self.longest)) seconds.")
        }
    }

    func run() async throws {
        // A reader of the log that goes away must not take the server with it.
        signal(SIGPIPE, SIG_IGN)
        // A gateway behind TLS takes ten.
        DescriptorLimit.raise()
        let server = try SocketServer(try configuration())
        let service = ServiceGroupConfiguration.ServiceConfiguration(
            service: ServerService(server: server),
            successTerminationBehavior: .gracefullyShutdownGroup
        )
        // What the group itself has to say is of no interest to whoever runs a server.
        let silent = Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }
        try await ServiceGroup(configuration: .init(services: [service], logger: silent)).run()
    }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else { throw ValidationError("There is no level \(text).") }
        return level
    }

    private func configuration() throws -> SocketServerConfiguration {
        let (format, level) = (logFormat, logLevel)
        var configuration = SocketServerConfiguration(
            logger: Logger(label: "execnet-socketserver") { _ in ErrorLogHandler(format: format, logLevel: level) }
        )
        if !addresses.isEmpty { configuration.addresses = addresses }
        if let keyFile {
            configuration.security = .key(try Key(file: keyFile))
        } else if let certificate, let privateKey {
            configuration.security = .certificate(chain: certificate, privateKey: privateKey, trusted: trusted)
        }
        configuration.allowsStrangers = insecure
        configuration.servesOnce = once
        configuration.maximumGateways = maxConnections
        configuration.idleTimeout = idleTimeout.map { .seconds($0) }
        configuration.user = user
        configuration.servesPythonSource = pythonSource
        configuration.grace = .seconds(grace)
        configuration.whenListening = { addresses in
            for address in addresses { print("listening on \(address)") }
            fflush(nil)
        }
        return configuration
    }
}
