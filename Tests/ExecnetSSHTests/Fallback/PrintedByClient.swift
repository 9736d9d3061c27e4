//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What OpenSSH's client 9.2p1 of Debian 12 printed when it was made to fail in each of these ways.
struct PrintedByClient: Sendable {
    let status: Int32
    let lines: [String]

    init(_ status: Int32, _ lines: String...) {
        self.status = status
        self.lines = lines
    }

    static let statusOfTheCommand = PrintedByClient(7)
    static let status255OfTheCommand = PrintedByClient(
        255,
        "something of the command"
    )
    static let denied = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let deniedNoIdentity = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let deniedIdentityMissing = PrintedByClient(
        255,
        "Warning: Identity file /F/nosuch not accessible: No such file or directory.",
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let deniedIdentityExposed = PrintedByClient(
        255,
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "Permissions 0644 for '/F/exposed' are too open.",
        "It is required that your private key files are NOT accessible by others.",
        "This private key will be ignored.",
        "Load key \"/F/exposed\": bad permissions",
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let deniedIdentityBroken = PrintedByClient(
        255,
        "Load key \"/F/broken\": error in libcrypto",
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let deniedIdentityEncrypted = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let deniedNoMutualSignature = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let hostKeyUnknown = PrintedByClient(
        255,
        "No ED25519 host key is known for [127.0.0.1]:33375 and you have requested strict checking.",
        "Host key verification failed."
    )
    static let hostKeyOtherTypeRecorded = PrintedByClient(
        255,
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
        "Someone could be eavesdropping on you right now (man-in-the-middle attack)!",
        "It is also possible that a host key has just been changed.",
        "The fingerprint for the ED25519 key sent by the remote host is",
        "SHA256:+XzqC0Ytmr+pUeDYyWVcbkdG71cIjtmKkyfVsP/zTks.",
        "Please contact your system administrator.",
        "Add correct host key in /F/known_other_type to get rid of this message.",
        "Offending ECDSA key in /F/known_other_type:1",
        "  remove with:",
        "  ssh-keygen -f \"/F/known_other_type\" -R \"[127.0.0.1]:33375\"",
        "Host key for [127.0.0.1]:33375 has changed and you have requested strict checking.",
        "Host key verification failed."
    )
    static let hostKeyChanged = PrintedByClient(
        255,
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
        "Someone could be eavesdropping on you right now (man-in-the-middle attack)!",
        "It is also possible that a host key has just been changed.",
        "The fingerprint for the ED25519 key sent by the remote host is",
        "SHA256:+XzqC0Ytmr+pUeDYyWVcbkdG71cIjtmKkyfVsP/zTks.",
        "Please contact your system administrator.",
        "Add correct host key in /F/known_changed to get rid of this message.",
        "Offending ED25519 key in /F/known_changed:1",
        "  remove with:",
        "  ssh-keygen -f \"/F/known_changed\" -R \"[127.0.0.1]:33375\"",
        "Host key for [127.0.0.1]:33375 has changed and you have requested strict checking.",
        "Host key verification failed."
    )
    static let hostKeyChangedInsecure = PrintedByClient(
        255,
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!",
        "Someone could be eavesdropping on you right now (man-in-the-middle attack)!",
        "It is also possible that a host key has just been changed.",
        "The fingerprint for the ED25519 key sent by the remote host is",
        "SHA256:+XzqC0Ytmr+pUeDYyWVcbkdG71cIjtmKkyfVsP/zTks.",
        "Please contact your system administrator.",
        "Add correct host key in /F/known_changed to get rid of this message.",
        "Offending ED25519 key in /F/known_changed:1",
        "  remove with:",
        "  ssh-keygen -f \"/F/known_changed\" -R \"[127.0.0.1]:33375\"",
        "Password authentication is disabled to avoid man-in-the-middle attacks.",
        "Keyboard-interactive authentication is disabled to avoid man-in-the-middle attacks.",
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let hostKeyRevoked = PrintedByClient(
        255,
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "@       WARNING: REVOKED HOST KEY DETECTED!               @",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
        "The ED25519 host key for [127.0.0.1]:33375 is marked as revoked.",
        "This could mean that a stolen key is being used to",
        "impersonate this host.",
        "ED25519 host key for [127.0.0.1]:33375 was revoked and you have requested strict checking.",
        "Host key verification failed."
    )
    static let hostKeyRevokedByList = PrintedByClient(
        255,
        "Host key ED25519 SHA256:+XzqC0Ytmr+pUeDYyWVcbkdG71cIjtmKkyfVsP/zTks revoked by file /F/revoked_list",
        "Host key verification failed."
    )
    static let hostKeyAddedButReadOnly = PrintedByClient(
        0,
        "Failed to add the host to the list of known hosts (/proc/version)."
    )
    static let hostKeyAdded = PrintedByClient(
        0,
        "Warning: Permanently added '[127.0.0.1]:33375' (ED25519) to the list of known hosts."
    )
    static let noCipher = PrintedByClient(
        255,
        ""
            + "Unable to negotiate with 127.0.0.1 port 33375: no matching cipher found. Their offer: chacha20-poly1305@openssh.com,"
            + "aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
    )
    static let noMAC = PrintedByClient(
        255,
        ""
            + "Unable to negotiate with 127.0.0.1 port 33375: no matching MAC found. Their offer: umac-64-etm@openssh.com,"
            + "umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
            + "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,"
            + "hmac-sha2-512,hmac-sha1"
    )
    static let noKeyExchange = PrintedByClient(
        255,
        ""
            + "Unable to negotiate with 127.0.0.1 port 33375: no matching key exchange method found. Their offer: sntrup761x25519-sha512,"
            + "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,"
            + "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
            + "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
            + "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,kex-strict-s-v00@openssh.com"
    )
    static let noHostKeyType = PrintedByClient(
        255,
        ""
            + "Unable to negotiate with 127.0.0.1 port 33375: no matching host key type found. Their offer: ssh-ed25519"
    )
    static let badOptionOnCommandLine = PrintedByClient(
        255,
        "command-line: line 0: Bad configuration option: nonsense"
    )
    static let badValueOnCommandLine = PrintedByClient(
        255,
        "command-line line 0: invalid time value."
    )
    static let badCipherName = PrintedByClient(
        255,
        "command-line line 0: Bad SSH2 cipher spec 'nosuch'."
    )
    static let badKexName = PrintedByClient(
        255,
        "Unsupported KEX algorithm \"nosuch\"",
        "command-line line 0: Bad SSH2 KexAlgorithms 'nosuch'."
    )
    static let badOptionInFile = PrintedByClient(
        255,
        "/F/bad_config: line 2: Bad configuration option: nonsense",
        "/F/bad_config: line 3: Bad configuration option: fancy",
        "/F/bad_config: terminating, 2 bad configuration options"
    )
    static let badValueInFile = PrintedByClient(
        255,
        "/F/bad_value line 2: unsupported option \"perhaps\".",
        "/F/bad_value: terminating, 1 bad configuration options"
    )
    static let badQuoteInFile = PrintedByClient(
        255,
        "/F/bad_quote line 2: invalid quotes",
        "/F/bad_quote: terminating, 1 bad configuration options"
    )
    static let configMissing = PrintedByClient(
        255,
        "Can't open user config file /F/nosuch: No such file or directory"
    )
    static let configExposed = PrintedByClient(
        255,
        "Bad owner or permissions on /F/home/.ssh/config"
    )
    static let hostNameForbidden = PrintedByClient(
        255,
        "hostname contains invalid characters"
    )
    static let badPort = PrintedByClient(
        255,
        "Bad port '99999'"
    )
    static let usage = PrintedByClient(
        255,
        "unknown option -- Z",
        "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]",
        "           [-b bind_address] [-c cipher_spec] [-D [bind_address:]port]",
        "           [-E log_file] [-e escape_char] [-F configfile] [-I pkcs11]",
        "           [-i identity_file] [-J [user@]host[:port]] [-L address]",
        "           [-l login_name] [-m mac_spec] [-O ctl_cmd] [-o option] [-p port]",
        "           [-Q query_option] [-R address] [-S ctl_path] [-W host:port]",
        "           [-w local_tun[:remote_tun]] destination [command [argument ...]]"
    )
    static let agentRefuses = PrintedByClient(
        255,
        "sign_and_send_pubkey: signing failed for ED25519 \"client\" from agent: agent refused operation",
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let jumpTargetRefused = PrintedByClient(
        255,
        "channel 0: open failed: connect failed: Connection refused",
        "stdio forwarding failed",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let jumpTargetUnresolved = PrintedByClient(
        255,
        "channel 0: open failed: connect failed: Name or service not known",
        "stdio forwarding failed",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let jumpDenied = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey).",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let jumpLoop = PrintedByClient(
        255,
        "jumphost loop via 127.0.0.1"
    )
    static let jumpUnresolved = PrintedByClient(
        255,
        "ssh: Could not resolve hostname nosuch.invalid: Name or service not known",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let jumpHostKeyUnknown = PrintedByClient(
        255,
        "Host key verification failed.",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let proxyCommandMissing = PrintedByClient(
        255,
        "/bin/bash: line 1: /nosuch/program: No such file or directory",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let proxyCommandFails = PrintedByClient(
        255,
        "it does not work",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let lostKilled = PrintedByClient(
        255,
        "Connection to 127.0.0.1 closed by remote host."
    )
    static let lostTerminated = PrintedByClient(
        255,
        "Connection to 127.0.0.1 closed by remote host."
    )
    static let lostSilent = PrintedByClient(
        255,
        "Timeout, server 127.0.0.1 not responding."
    )
    static let tooManyFailures = PrintedByClient(
        255,
        "Received disconnect from 127.0.0.1 port 40417:2: Too many authentication failures",
        "Disconnected from 127.0.0.1 port 40417"
    )
    static let sessionRefused = PrintedByClient(
        255,
        "channel 0: open failed: connect failed: open failed"
    )
    static let deniedPasswordAllowed = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey,password)."
    )
    static let deniedSecondFactor = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (password)."
    )
    static let deniedUser = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey)."
    )
    static let jumpForbidden = PrintedByClient(
        255,
        "channel 0: open failed: administratively prohibited: open failed",
        "stdio forwarding failed",
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by UNKNOWN port 65535"
    )
    static let noHostKeyTypeRSA = PrintedByClient(
        255,
        ""
            + "Unable to negotiate with 127.0.0.1 port 44619: no matching host key type found. Their offer: rsa-sha2-512,"
            + "rsa-sha2-256"
    )
    static let noCipherGCM = PrintedByClient(
        255,
        ""
            + "Unable to negotiate with 127.0.0.1 port 50945: no matching cipher found. Their offer: aes256-gcm@openssh.com"
    )
    static let graceTimeEnded = PrintedByClient(
        255,
        "Connection closed by UNKNOWN port 65535"
    )
    static let maxStartups = PrintedByClient(
        255,
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by 127.0.0.1 port 59233"
    )
    static let refused = PrintedByClient(
        255,
        "ssh: connect to host 127.0.0.1 port 42993: Connection refused"
    )
    static let unresolved = PrintedByClient(
        255,
        "ssh: Could not resolve hostname nosuch.invalid: Name or service not known"
    )
    static let unresolvedNoDNS = PrintedByClient(
        255,
        "ssh: Could not resolve hostname nosuch.example.org: Temporary failure in name resolution"
    )
    static let connectTimedOut = PrintedByClient(
        255,
        "ssh: connect to host 127.0.0.1 port 49807: Connection timed out"
    )
    static let networkUnreachable = PrintedByClient(
        255,
        "ssh: connect to host 10.9.9.9 port 22: Network is unreachable"
    )
    static let noRoute = PrintedByClient(
        255,
        "ssh: connect to host 10.9.9.9 port 22: No route to host"
    )
    static let routeProhibited = PrintedByClient(
        255,
        "ssh: connect to host 10.9.9.9 port 22: Permission denied"
    )
    static let blackhole = PrintedByClient(
        255,
        "ssh: connect to host 10.9.9.9 port 22: Invalid argument"
    )
    static let closedBeforeBanner = PrintedByClient(
        255,
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by 127.0.0.1 port 34605"
    )
    static let closedAfterClientBanner = PrintedByClient(
        255,
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by 127.0.0.1 port 55767"
    )
    static let resetBeforeBanner = PrintedByClient(
        255,
        "kex_exchange_identification: read: Connection reset by peer",
        "Connection reset by 127.0.0.1 port 46627"
    )
    static let resetAfterBanner = PrintedByClient(
        255,
        "Connection reset by 127.0.0.1 port 42981"
    )
    static let closedAfterBanner = PrintedByClient(
        255,
        "Connection closed by 127.0.0.1 port 52703"
    )
    static let webServer = PrintedByClient(
        255,
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by 127.0.0.1 port 60459"
    )
    static let garbage = PrintedByClient(
        255,
        "kex_exchange_identification: banner line contains invalid characters",
        "banner exchange: Connection to 127.0.0.1 port 39225: invalid format"
    )
    static let oldProtocol = PrintedByClient(
        255,
        "Protocol major versions differ: 2 vs. 1",
        "banner exchange: Connection to 127.0.0.1 port 55023: could not read protocol version"
    )
    static let endlessLine = PrintedByClient(
        255,
        "kex_exchange_identification: banner line too long",
        "banner exchange: Connection to 127.0.0.1 port 59173: invalid format"
    )
    static let manyLines = PrintedByClient(
        255,
        "kex_exchange_identification: No SSH version received in first 1024 lines from server",
        "banner exchange: Connection to 127.0.0.1 port 51575: invalid format"
    )
    static let wrongPacket = PrintedByClient(
        255,
        "Bad packet length 4294967295.",
        "ssh_dispatch_run_fatal: Connection to 127.0.0.1 port 43651: message authentication code incorrect"
    )
    static let notAllowed = PrintedByClient(
        255,
        "kex_exchange_identification: Connection closed by remote host",
        "Connection closed by 127.0.0.1 port 46703"
    )
    static let silentServer = PrintedByClient(
        255,
        "Connection timed out during banner exchange",
        "Connection to 127.0.0.1 port 55651 timed out"
    )
    static let dropbearDenied = PrintedByClient(
        255,
        "root@127.0.0.1: Permission denied (publickey)."
    )
}
