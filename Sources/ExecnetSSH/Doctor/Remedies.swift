//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

extension GatewayError.Code {
    /// What its user can do about it, whatever the details were: the table of `doctor`.
    var remedy: String {
        switch self {
        case .invalidSpec:
            "Correct the spec or the configuration where the message says."
        case .launchFailed:
            "Check that the program or connection that the message names works by hand."
        case .startFailed:
            "Run a command on the far side by hand, with the same user; its shell must be able to start programs."
        case .timedOut:
            "Check whether the far side is overloaded, or its shell waits for input; or allow more time."
        case .protocolViolation:
            "Check that host and port lead to the right service, and that nothing changes the bytes on the way."
        case .versionMismatch:
            "Use the same version of Execnet on both sides; remove what is cached on the far side."
        case .agentEnded:
            "See the lines of its standard error, and the far side's log for a lack of memory."
        case .connectionLost:
            "Check the network, and the server's log for why it closed the connection."
        case .heartbeatMissed:
            "Check whether the far side still runs and is reachable; or allow more time between signs of life."
        case .closed:
            "Nothing is wrong: this side closed the gateway."
        case .notPlantable:
            "Call Agent.serveIfLaunched() first thing in the program."
        case .notShippable:
            "Send a closure without captures that is part of this program."
        case .executionRefused:
            "Let the far side run it as a program, not the other way round."
        case .noAgentImage:
            "Build execnet-agent for that kind of machine, and put it beside the program; or use the agent in Python."
        case .noiseWithoutAnswer:
            "Log in by hand: the account must have a shell, and no forced command or message in its place."
        case .noWritableDirectory:
            """
            Make one of the directories writable for that user, with room in it and programs allowed to run; or \
            name another.
            """
        case .agentCannotRun:
            "Build the agent for that kind of machine, as a static executable; or use the agent in Python."
        case .noPython:
            "Install python3 there, or build execnet-agent for that kind of machine."
        case .uploadCutShort:
            "Check the room and quota of the far side's directory, and the connection."
        case .notAuthenticated:
            "Use the same key file, or certificates that the other side trusts."
        case .nameNotResolved:
            "Check the spelling of the host, its HostName in ssh_config, and that DNS answers."
        case .connectionRefused:
            "Check the port, and that the server runs there: nothing listens at that address."
        case .connectTimedOut:
            "Check the address, that the host runs, and that no firewall swallows the connection."
        case .hostUnreachable:
            "Check the network, VPN and routes of this machine: there is no way to that address."
        case .serverClosedEarly:
            "Look into the server's log; raise MaxStartups, or allow this machine in its firewall and hosts.allow."
        case .handshakeTimedOut:
            "Check the host's load, and that an SSH server listens on that port; or allow more time."
        case .noCommonAlgorithm:
            "Allow one of the server's algorithms in ssh_config, or one of ours on the server; or use sshcmd=."
        case .hostKeyUnknown:
            "Compare the fingerprint with the administrator's, and record the key, or pin it by hostkey=."
        case .hostKeyChanged:
            "Ask the administrator whether the host has got a new key. Only then remove the recorded one."
        case .hostKeyRevoked:
            "Do not connect: the host's administrator has to give it a new key."
        case .hostKeyUnsupported:
            "Use sshcmd=, or give the host an Ed25519 or ECDSA key."
        case .authenticationDenied:
            """
            Check the user's name, and that the key is in authorized_keys there; ssh -v with the same options \
            tells more.
            """
        case .authenticationTimedOut:
            "Answer prompts sooner, or use sshcmd= where the approval takes more than a minute."
        case .keyUnusable:
            "Check the key file, its permissions and passphrase; make a new one by ssh-keygen -t ed25519."
        case .agentUnavailable:
            "Start ssh-agent, set SSH_AUTH_SOCK or IdentityAgent, and add the key by ssh-add."
        case .sessionRefused:
            "Raise MaxSessions on the server, and check that the account may run commands."
        case .tunnelRefused:
            "Set AllowTcpForwarding yes on the jump host, and check that it reaches the next host."
        case .sshUnavailable:
            "Install libssh2 (libssh2-1) or the OpenSSH client (openssh-client)."
        // A test looks at all codes.
        default: ""
        }
    }
}
