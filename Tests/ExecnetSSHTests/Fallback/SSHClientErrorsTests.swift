//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import Testing

@testable import ExecnetSSH

struct SSHClientErrorsTests {
    static let failures: [(PrintedByClient, SSHClientFailure.Kind, GatewayError.Code)] = [
        (.badOptionOnCommandLine, .configuration, .invalidSpec), (.badOptionInFile, .configuration, .invalidSpec),
        (.badValueOnCommandLine, .configuration, .invalidSpec), (.badValueInFile, .configuration, .invalidSpec),
        (.badQuoteInFile, .configuration, .invalidSpec), (.badCipherName, .configuration, .invalidSpec),
        (.badKexName, .configuration, .invalidSpec), (.configMissing, .configuration, .invalidSpec),
        (.configExposed, .configuration, .invalidSpec), (.hostNameForbidden, .configuration, .invalidSpec),
        (.badPort, .configuration, .invalidSpec), (.usage, .configuration, .invalidSpec),
        (.jumpLoop, .configuration, .invalidSpec),
        (.unresolved, .nameNotResolved, .nameNotResolved), (.unresolvedNoDNS, .nameNotResolved, .nameNotResolved),
        (.jumpUnresolved, .nameNotResolved, .nameNotResolved),
        (.refused, .connectionRefused, .connectionRefused),
        (.connectTimedOut, .connectTimedOut, .connectTimedOut),
        (.noRoute, .unreachable, .hostUnreachable), (.networkUnreachable, .unreachable, .hostUnreachable),
        (.routeProhibited, .unreachable, .hostUnreachable), (.blackhole, .unreachable, .hostUnreachable),
        (.silentServer, .handshakeTimedOut, .handshakeTimedOut),
        (.closedBeforeBanner, .closedEarly, .serverClosedEarly),
        (.closedAfterClientBanner, .closedEarly, .serverClosedEarly),
        (.resetBeforeBanner, .closedEarly, .serverClosedEarly), (.maxStartups, .closedEarly, .serverClosedEarly),
        (.notAllowed, .closedEarly, .serverClosedEarly), (.webServer, .closedEarly, .serverClosedEarly),
        (.garbage, .stranger, .protocolViolation), (.endlessLine, .stranger, .protocolViolation),
        (.manyLines, .stranger, .protocolViolation), (.oldProtocol, .stranger, .protocolViolation),
        (.wrongPacket, .corrupted, .protocolViolation),
        (.noCipher, .noCommonAlgorithm, .noCommonAlgorithm), (.noCipherGCM, .noCommonAlgorithm, .noCommonAlgorithm),
        (.noMAC, .noCommonAlgorithm, .noCommonAlgorithm), (.noKeyExchange, .noCommonAlgorithm, .noCommonAlgorithm),
        (.noHostKeyType, .noCommonAlgorithm, .noCommonAlgorithm),
        (.noHostKeyTypeRSA, .noCommonAlgorithm, .noCommonAlgorithm),
        (.hostKeyUnknown, .hostKeyUnknown, .hostKeyUnknown), (.hostKeyChanged, .hostKeyChanged, .hostKeyChanged),
        (.hostKeyOtherTypeRecorded, .hostKeyChanged, .hostKeyChanged),
        (.hostKeyRevoked, .hostKeyRevoked, .hostKeyRevoked), (.hostKeyRevokedByList, .hostKeyRevoked, .hostKeyRevoked),
        (.jumpHostKeyUnknown, .hostKeyRefused, .hostKeyUnknown),
        // It only warns of the changed key, and goes on.
        (.hostKeyChangedInsecure, .denied, .authenticationDenied),
        (.denied, .denied, .authenticationDenied), (.deniedNoIdentity, .denied, .authenticationDenied),
        (.deniedIdentityMissing, .denied, .authenticationDenied),
        (.deniedIdentityExposed, .denied, .authenticationDenied),
        (.deniedIdentityBroken, .denied, .authenticationDenied),
        (.deniedIdentityEncrypted, .denied, .authenticationDenied),
        (.deniedNoMutualSignature, .denied, .authenticationDenied),
        (.deniedPasswordAllowed, .denied, .authenticationDenied), (.deniedSecondFactor, .denied, .authenticationDenied),
        (.deniedUser, .denied, .authenticationDenied), (.agentRefuses, .denied, .authenticationDenied),
        (.jumpDenied, .denied, .authenticationDenied), (.dropbearDenied, .denied, .authenticationDenied),
        (.tooManyFailures, .tooManyFailures, .authenticationDenied),
        (.sessionRefused, .sessionRefused, .sessionRefused),
        (.jumpTargetRefused, .tunnelRefused, .tunnelRefused), (.jumpForbidden, .tunnelRefused, .tunnelRefused),
        (.jumpTargetUnresolved, .tunnelRefused, .tunnelRefused),
        (.proxyCommandMissing, .proxyFailed, .launchFailed), (.proxyCommandFails, .proxyFailed, .launchFailed),
        (.graceTimeEnded, .connectionClosed, .connectionLost),
        (.closedAfterBanner, .connectionClosed, .connectionLost),
        (.resetAfterBanner, .connectionClosed, .connectionLost), (.lostKilled, .connectionClosed, .connectionLost),
        (.lostTerminated, .connectionClosed, .connectionLost), (.lostSilent, .serverSilent, .heartbeatMissed),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: failures)
    func tells(_ printed: PrintedByClient, _ kind: SSHClientFailure.Kind, _ code: GatewayError.Code) throws {
        let failure = try #require(SSHClientFailure(status: printed.status, standardError: printed.lines))
        #expect(failure.kind == kind && failure.code == code)
        #expect(printed.lines.contains(failure.line), "a line as printed")
        // Carriage returns, and what the far side's shell said before, make no difference.
        let noise = ["stty: standard input: Inappropriate ioctl for device", "", "cat: x: Permission denied"]
        let lines = noise + printed.lines.map { $0 + "\r" } + [""]
        if kind != .proxyFailed { #expect(SSHClientFailure(status: 255, standardError: lines) == failure) }
    }

    static let ofCommands: [PrintedByClient] = [
        .statusOfTheCommand, .status255OfTheCommand,
        // Printed, but not the end.
        .hostKeyAdded, .hostKeyAddedButReadOnly,
        PrintedByClient(1, "root@127.0.0.1: Permission denied (publickey)."),
        PrintedByClient(255), PrintedByClient(255, "sh: 1: /x: Permission denied"),
        PrintedByClient(255, "curl: (7) Failed to connect to host port 80: Connection refused"),
        PrintedByClient(255, "Host key verification failed. Really."),
        PrintedByClient(255, "mount: Connection timed out"), PrintedByClient(255, "Permission denied (publickey)."),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: ofCommands)
    func leavesTheCommandsOwnFailuresAlone(_ printed: PrintedByClient) {
        #expect(SSHClientFailure(status: printed.status, standardError: printed.lines) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func quotesTheOffer() {
        func offer(_ printed: PrintedByClient) -> [String]? {
            SSHClientFailure(status: printed.status, standardError: printed.lines)?.offer
        }
        #expect(offer(.noHostKeyTypeRSA) == ["rsa-sha2-512", "rsa-sha2-256"])
        #expect(offer(.noCipherGCM) == ["aes256-gcm@openssh.com"])
        #expect(offer(.deniedPasswordAllowed) == ["publickey", "password"])
        #expect(offer(.refused) == [])
    }

    @Test(.timeLimit(.minutes(1))) func quotesTheLineThatSaysMost() throws {
        let ends: [(PrintedByClient, String)] = [
            (.hostKeyChanged, " has changed and you have requested strict checking."),
            (.hostKeyRevoked, " was revoked and you have requested strict checking."),
            (.hostKeyRevokedByList, " revoked by file /F/revoked_list"),
            (.hostKeyUnknown, " and you have requested strict checking."),
            (.badQuoteInFile, "/F/bad_quote line 2: invalid quotes"),
            (.jumpTargetRefused, "channel 0: open failed: connect failed: Connection refused"),
            (.jumpDenied, "root@127.0.0.1: Permission denied (publickey)."),
        ]
        for (printed, end) in ends {
            let failure = try #require(SSHClientFailure(status: printed.status, standardError: printed.lines))
            #expect(failure.line.hasSuffix(end), "\(failure.line)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func saysWhichLineAndWhatToDo() {
        func text(_ printed: PrintedByClient) -> String? {
            SSHClientFailure(status: printed.status, standardError: printed.lines)?.description
        }
        #expect(
            text(.badValueInFile) == """
                The OpenSSH client failed: /F/bad_value line 2: unsupported option "perhaps". \
                Correct the spec or the configuration where the message says.
                """
        )
        #expect(
            text(.proxyCommandFails) == """
                The OpenSSH client failed: it does not work. Check the ProxyCommand or the jump hosts of the configuration.
                """
        )
        #expect(
            text(.jumpForbidden) == """
                The OpenSSH client failed: channel 0: open failed: administratively prohibited: open failed. \
                Set AllowTcpForwarding yes on the jump host, and check that it reaches the next host.
                """
        )
    }
}

struct LinePatternTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("a", "a", []), ("a", "ab", nil), ("a", "", nil), ("*", "", [""]), ("*", "ab", ["ab"]),
            ("a*", "abc", ["bc"]), ("*c", "abc", ["ab"]), ("a*c", "ac", [""]), ("a*a", "a", nil),
            ("a*b*c", "a1b2c", ["1", "2"]), ("a*b*c", "abbc", ["", "b"]), ("a*b*c", "a1c2b", nil),
            ("a*aa*a", "aaa", nil), ("*@*: x", "u@h: x", ["u", "h"]), ("*@*: x", "u: x@", nil),
        ] as [(String, String, [String]?)]
    )
    func matches(_ pattern: String, _ line: String, _ found: [String]?) {
        #expect(LinePattern(pattern).match(line) == found)
    }
}
