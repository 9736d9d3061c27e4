//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What a keyword of a configuration file is to us.
enum SSHOption: Sendable, Hashable {
    case host
    case match
    case include
    /// One we act on.
    case supported(Name, Kind)
    /// One that changes nothing about a gateway, or nothing that we could do; `doctor` lists it.
    case ignored
    /// One that only the OpenSSH client can follow, unless its value is one of these.
    case needsOpenSSH(unless: Set<String>)

    /// The options we act on; the text is the keyword.
    enum Name: String, Sendable, CaseIterable {
        case addressFamily = "addressfamily"
        case batchMode = "batchmode"
        case bindAddress = "bindaddress"
        case certificateFile = "certificatefile"
        case ciphers
        case connectTimeout = "connecttimeout"
        case globalKnownHostsFile = "globalknownhostsfile"
        case hashKnownHosts = "hashknownhosts"
        case hostKeyAlgorithms = "hostkeyalgorithms"
        case hostKeyAlias = "hostkeyalias"
        case hostName = "hostname"
        case identitiesOnly = "identitiesonly"
        case identityAgent = "identityagent"
        case identityFile = "identityfile"
        case ignoreUnknown = "ignoreunknown"
        case kbdInteractiveAuthentication = "kbdinteractiveauthentication"
        case kexAlgorithms = "kexalgorithms"
        case macs
        case passwordAuthentication = "passwordauthentication"
        case port
        case preferredAuthentications = "preferredauthentications"
        case proxyCommand = "proxycommand"
        case proxyJump = "proxyjump"
        case pubkeyAcceptedAlgorithms = "pubkeyacceptedalgorithms"
        case pubkeyAuthentication = "pubkeyauthentication"
        case serverAliveCountMax = "serveralivecountmax"
        case serverAliveInterval = "serveraliveinterval"
        case strictHostKeyChecking = "stricthostkeychecking"
        case tag
        case user
        case userKnownHostsFile = "userknownhostsfile"
    }

    /// How the arguments of a supported option are read.
    enum Kind: Sendable, Hashable {
        case text
        case agent
        case flag
        /// One of some words in any case; the second of each pair is what it means.
        case choice([String: String])
        case number
        case seconds
        case port
        case words
        /// Each line adds a file.
        case file
        case command
        case jump
    }

    /// Nil for keywords that OpenSSH does not know either.
    static func named(_ keyword: String) -> SSHOption? { table[aliases[keyword] ?? keyword] }

    private static let table: [String: SSHOption] = {
        var table: [String: SSHOption] = ["host": .host, "match": .match, "include": .include]
        for name in Name.allCases { table[name.rawValue] = .supported(name, kind(of: name)) }
        for keyword in ignoredKeywords { table[keyword] = .ignored }
        for (keyword, harmless) in conditions { table[keyword] = .needsOpenSSH(unless: harmless) }
        return table
    }()

    private static func kind(of name: Name) -> Kind {
        switch name {
        case .addressFamily: .choice(["any": "any", "inet": "inet", "inet6": "inet6"])
        case .batchMode, .hashKnownHosts, .identitiesOnly, .kbdInteractiveAuthentication, .passwordAuthentication:
            .flag
        case .bindAddress, .ciphers, .hostKeyAlgorithms, .hostKeyAlias, .hostName, .ignoreUnknown, .kexAlgorithms,
            .macs, .preferredAuthentications, .pubkeyAcceptedAlgorithms, .tag, .user:
            .text
        case .certificateFile, .identityFile: .file
        case .connectTimeout, .serverAliveInterval: .seconds
        case .globalKnownHostsFile, .userKnownHostsFile: .words
        case .identityAgent: .agent
        case .port: .port
        case .proxyCommand: .command
        case .proxyJump: .jump
        case .pubkeyAuthentication:
            .choice([
                "yes": "yes", "true": "yes", "unbound": "yes", "host-bound": "yes", "no": "no", "false": "no",
            ])
        case .serverAliveCountMax: .number
        case .strictHostKeyChecking:
            .choice([
                "yes": "yes", "true": "yes", "no": "no", "false": "no", "off": "no", "ask": "ask",
                "accept-new": "accept-new",
            ])
        }
    }

    /// Older names, and those that only some builds have.
    private static let aliases = [
        "challengeresponseauthentication": "kbdinteractiveauthentication",
        "skeyauthentication": "kbdinteractiveauthentication",
        "tisauthentication": "kbdinteractiveauthentication",
        "dsaauthentication": "pubkeyauthentication",
        "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
        "hostbasedkeytypes": "hostbasedacceptedalgorithms",
        "identityfile2": "identityfile",
        "keepalive": "tcpkeepalive",
        "smartcarddevice": "pkcs11provider",
        // Debian's.
        "protocolkeepalives": "serveraliveinterval",
        "setuptimeout": "serveraliveinterval",
    ]

    /// What decides who is trusted or how the host is found: to ignore it could be unsafe, or lead elsewhere.
    private static let conditions: [String: Set<String>] = [
        "bindinterface": [],
        "canonicalizehostname": ["no", "false"],
        "canonicalizepermittedcnames": ["none"],
        "hostbasedauthentication": ["no", "false"],
        "knownhostscommand": ["none"],
        "pkcs11provider": ["none"],
        "proxyusefdpass": ["no", "false"],
        "refuseconnection": [],
        "revokedhostkeys": ["none"],
        "securitykeyprovider": ["none", "internal"],
        "tunnel": ["no", "false"],
        "verifyhostkeydns": ["no", "false", "ask"],
    ]

    private static let ignoredKeywords = [
        "addkeystoagent", "canonicaldomains", "canonicalizefallbacklocal", "canonicalizemaxdots",
        "casignaturealgorithms", "channeltimeout", "checkhostip", "clearallforwardings", "compression",
        "connectionattempts", "controlmaster", "controlpath", "controlpersist", "dynamicforward",
        "enableescapecommandline", "enablesshkeysign", "escapechar", "exitonforwardfailure", "fingerprinthash",
        "forkafterauthentication", "forwardagent", "forwardx11", "forwardx11timeout", "forwardx11trusted",
        "gatewayports", "gssapiauthentication", "gssapiclientidentity", "gssapidelegatecredentials",
        "gssapikexalgorithms", "gssapikeyexchange", "gssapirenewalforcesrekey", "gssapiserveridentity",
        "gssapitrustdns", "hostbasedacceptedalgorithms", "ipqos", "kbdinteractivedevices", "localcommand",
        "localforward", "loglevel", "logverbose", "nohostauthenticationforlocalhost", "numberofpasswordprompts",
        "obscurekeystroketiming", "permitlocalcommand", "permitremoteopen", "rekeylimit", "remotecommand",
        "remoteforward", "requesttty", "requiredrsasize", "sendenv", "sessiontype", "setenv", "stdinnull",
        "streamlocalbindmask", "streamlocalbindunlink", "syslogfacility", "tcpkeepalive", "tunneldevice",
        "updatehostkeys", "versionaddendum", "visualhostkey", "warnweakcrypto", "xauthlocation",
        // Of versions long gone, which OpenSSH still takes without a word or with a warning.
        "afstokenpassing", "cipher", "compressionlevel", "fallbacktorsh", "globalknownhostsfile2",
        "kerberosauthentication", "kerberostgtpassing", "protocol", "rhostsauthentication",
        "rhostsrsaauthentication", "rsaauthentication", "useblacklistedkeys", "useprivilegedport",
        "userknownhostsfile2", "useroaming", "usersh",
    ]
}
