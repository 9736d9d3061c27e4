//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

struct AlgorithmsTests {
    @Test(.timeLimit(.minutes(1))) func choosesFromWhatServersOffer() throws {
        let openSSH = try ChosenAlgorithms(.preferred, try offer(of: SentByServer.openSSH))
        #expect(openSSH.description == "curve25519-sha256, ssh-ed25519, aes128-ctr, hmac-sha2-256")
        #expect(!openSSH.isGuessWrong)
        let dropbear = try ChosenAlgorithms(.preferred, try offer(of: SentByServer.dropbear))
        #expect(dropbear.description == "curve25519-sha256, ssh-ed25519, aes128-ctr, hmac-sha2-256")
    }

    @Test(.timeLimit(.minutes(1))) func ourOrderCounts() throws {
        let ours = Algorithms(
            keyExchanges: ["k2", "k1"],
            hostKeys: ["h2", "h1"],
            ciphers: ["c2", "c1"],
            macs: ["m2", "m1"]
        )
        var theirs = simple
        theirs.ciphersFromServer = ["c1"]
        theirs.macsFromServer = ["m1", "x"]
        let chosen = try ChosenAlgorithms(ours, theirs)
        #expect(chosen.keyExchange == "k2" && chosen.hostKey == "h2")
        #expect(chosen.toServer == ChosenAlgorithms.Direction(cipher: "c2", mac: "m2"))
        #expect(chosen.fromServer == ChosenAlgorithms.Direction(cipher: "c1", mac: "m1"))
        #expect(chosen.description == "k2, h2, c2, m2 / c1, m1")
    }

    @Test(.timeLimit(.minutes(1))) func aGuessIsWrongUnlessBothFirstAreTheSame() throws {
        var theirs = simple
        theirs.firstPacketFollows = true
        #expect(try ChosenAlgorithms(simpleOurs, theirs).isGuessWrong == false)
        theirs.hostKeys = ["h2", "h1"]
        #expect(try ChosenAlgorithms(simpleOurs, theirs).isGuessWrong)
        theirs.hostKeys = ["h1"]
        theirs.keyExchanges = ["k2", "k1"]
        #expect(try ChosenAlgorithms(simpleOurs, theirs).isGuessWrong)
        theirs.firstPacketFollows = false
        #expect(try ChosenAlgorithms(simpleOurs, theirs).isGuessWrong == false)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "AEAD_AES_128_GCM",
        ]
    )
    func ciphersThatAuthenticateNeedNoMAC(_ cipher: String) throws {
        var ours = simpleOurs
        ours.ciphers = [cipher]
        var theirs = simple
        theirs.ciphersToServer = [cipher]
        theirs.ciphersFromServer = [cipher]
        theirs.macsToServer = []
        theirs.macsFromServer = ["other"]
        let chosen = try ChosenAlgorithms(ours, theirs)
        #expect(chosen.toServer == ChosenAlgorithms.Direction(cipher: cipher, mac: nil))
        #expect(chosen.toServer == chosen.fromServer)
    }

    @Test(.timeLimit(.minutes(1))) func namesWhatIsNotInCommon() {
        let changes: [(AlgorithmKind, WritableKeyPath<AlgorithmOffer, [String]>, [String])] = [
            (.keyExchange, \.keyExchanges, simpleOurs.keyExchanges), (.hostKey, \.hostKeys, simpleOurs.hostKeys),
            (.cipher(.toServer), \.ciphersToServer, simpleOurs.ciphers),
            (.cipher(.fromServer), \.ciphersFromServer, simpleOurs.ciphers),
            (.mac(.toServer), \.macsToServer, simpleOurs.macs), (.mac(.fromServer), \.macsFromServer, simpleOurs.macs),
            (.compression(.toServer), \.compressionsToServer, ["none"]),
            (.compression(.fromServer), \.compressionsFromServer, ["none"]),
        ]
        for (kind, path, names) in changes {
            for list in [["x", "y"], []] {
                var theirs = simple
                theirs[keyPath: path] = list
                #expect(throws: NoCommonAlgorithm(kind: kind, ours: names, theirs: list)) {
                    try ChosenAlgorithms(simpleOurs, theirs)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func signalsAreNoAlgorithms() {
        var ours = simpleOurs
        ours.keyExchanges.append("ext-info-c")
        var theirs = simple
        theirs.keyExchanges = ["kex-strict-s-v00@openssh.com", "ext-info-c", "kexguess2@matt.ucc.asn.au", "x"]
        let error = #expect(throws: NoCommonAlgorithm.self) { try ChosenAlgorithms(ours, theirs) }
        #expect(error?.theirs == ["x"] && error?.ours == simpleOurs.keyExchanges)
        #expect(error?.description == "The server has no key exchange that libssh2 has. The server's: x. Ours: k1, k2.")
    }

    @Test(.timeLimit(.minutes(1))) func allPreferredAreKnown() {
        for path in [\Algorithms.keyExchanges, \.hostKeys, \.ciphers, \.macs] {
            let preferred = Algorithms.preferred[keyPath: path]
            #expect(Algorithms.known[keyPath: path].starts(with: preferred))
            #expect(Set(Algorithms.known[keyPath: path]).count == Algorithms.known[keyPath: path].count)
            for name in Algorithms.known[keyPath: path] { #expect(OfLibssh2.names.contains(name), "\(name)") }
        }
    }
}

struct AlgorithmChangeTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("aes256-ctr,aes128-ctr", ["aes256-ctr", "aes128-ctr"]),
            ("+aes256-cbc", ["aes128-ctr", "aes192-ctr", "aes256-ctr", "aes256-cbc"]),
            ("-aes128-*", ["aes192-ctr", "aes256-ctr"]),
            ("^aes256-ctr,3des-cbc", ["aes256-ctr", "3des-cbc", "aes128-ctr", "aes192-ctr"]),
            ("chacha20-poly1305@openssh.com,aes192-ctr", ["aes192-ctr"]),
        ]
    )
    func followsTheConfiguration(_ text: String, _ ciphers: [String]) throws {
        let changed = try Algorithms.preferred.changed(by: Algorithms.Change(ciphers: SSHAlgorithmList(text)))
        #expect(changed.ciphers == ciphers)
        #expect(changed.macs == Algorithms.preferred.macs)
    }

    @Test(.timeLimit(.minutes(1))) func eachKindHasItsOption() throws {
        let change = Algorithms.Change(
            keyExchanges: SSHAlgorithmList("-*nistp*,*exchange*,curve*"),
            hostKeys: SSHAlgorithmList("^ecdsa-sha2-nistp521"),
            ciphers: SSHAlgorithmList("aes256-ctr"),
            macs: SSHAlgorithmList("hmac-sha1")
        )
        let changed = try Algorithms.preferred.changed(by: change)
        #expect(changed.keyExchanges.count == 3 && changed.keyExchanges.first == "diffie-hellman-group14-sha256")
        #expect(changed.hostKeys.first == "ecdsa-sha2-nistp521" && changed.hostKeys.count == 4)
        #expect(changed.ciphers == ["aes256-ctr"] && changed.macs == ["hmac-sha1"])
    }

    @Test(.timeLimit(.minutes(1))) func nothingLeftNeedsOpenSSH() {
        func failure(_ change: Algorithms.Change) -> OpenSSHReason? {
            do throws(OpenSSHReason) {
                _ = try Algorithms.preferred.changed(by: change)
                return nil
            } catch {
                return error
            }
        }
        #expect(
            failure(.init(ciphers: SSHAlgorithmList("aes256-gcm@openssh.com")))
                == .configuration(option: "Ciphers", ["aes256-gcm@openssh.com"])
        )
        #expect(
            failure(.init(hostKeys: SSHAlgorithmList("rsa-*")))
                == .configuration(option: "HostKeyAlgorithms", ["rsa-*"])
        )
        #expect(failure(.init(macs: SSHAlgorithmList("-hmac-*"))) == .configuration(option: "MACs", ["hmac-*"]))
        #expect(failure(.init(keyExchanges: SSHAlgorithmList("x"))) == .configuration(option: "KexAlgorithms", ["x"]))
    }

    @Test(.timeLimit(.minutes(1))) func aLibraryMayHaveLess() {
        let filtered = Algorithms.preferred.filtered {
            $0 != "curve25519-sha256" && $0 != "aes128-ctr" && $0 != "hmac-sha1"
        }
        #expect(filtered.keyExchanges.first == "curve25519-sha256@libssh.org" && filtered.ciphers.first == "aes192-ctr")
        #expect(
            filtered.macs == ["hmac-sha2-256", "hmac-sha2-512"] && filtered.hostKeys == Algorithms.preferred.hostKeys
        )
    }
}

struct OpenSSHReasonTests {
    private func reason(_ theirs: AlgorithmOffer, ours: Algorithms = .preferred) -> OpenSSHReason? {
        do throws(NoCommonAlgorithm) {
            _ = try ChosenAlgorithms(ours, theirs)
            return nil
        } catch {
            return OpenSSHReason(error)
        }
    }

    @Test(.timeLimit(.minutes(1))) func hardenedServersNeedOpenSSH() throws {
        #expect(
            reason(try offer(of: SentByServer.openSSHWithGCMOnly))
                == .onlyAuthenticatedCiphers(["aes256-gcm@openssh.com"])
        )
        #expect(
            reason(try offer(of: SentByServer.openSSHWithEtMOnly))
                == .onlyEncryptThenMAC(["hmac-sha2-256-etm@openssh.com"])
        )
        #expect(
            reason(try offer(of: SentByServer.openSSHWithNewKeyExchangeOnly))
                == .onlyUnusualKeyExchanges(["sntrup761x25519-sha512@openssh.com"])
        )
        #expect(reason(try offer(of: SentByServer.openSSH)) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func hostKeysBeyondLibssh2NeedOpenSSH() throws {
        var theirs = try offer(of: SentByServer.openSSH)
        theirs.hostKeys = ["rsa-sha2-512", "rsa-sha2-256"]
        #expect(reason(theirs) == .onlyRSAHostKeys(["rsa-sha2-512", "rsa-sha2-256"]))
        theirs.hostKeys = ["ssh-rsa"]
        #expect(reason(theirs) == .onlyRSAHostKeys(["ssh-rsa"]))
        theirs.hostKeys = ["ssh-ed25519-cert-v01@openssh.com"]
        #expect(reason(theirs) == .onlyUnusualHostKeys(["ssh-ed25519-cert-v01@openssh.com"]))
        theirs.hostKeys = ["ssh-dss"]
        #expect(reason(theirs) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func whatOpenSSHHasNotEitherIsNoReason() throws {
        var theirs = try offer(of: SentByServer.openSSH)
        theirs.ciphersToServer = ["3des-cbc"]
        #expect(reason(theirs) == nil)
        theirs.ciphersToServer = ["arcfour"]
        #expect(reason(theirs) == nil)
        theirs = try offer(of: SentByServer.openSSH)
        theirs.macsFromServer = ["umac-64@openssh.com", "hmac-sha2-256-etm@openssh.com"]
        #expect(reason(theirs) == .onlyUnusualMACs(theirs.macsFromServer))
    }

    /// libssh2 has one of the server's, but its user does not want it: OpenSSH would not take it either.
    @Test(.timeLimit(.minutes(1))) func whatTheConfigurationExcludesIsNoReason() throws {
        var ours = Algorithms.preferred
        ours.ciphers = ["aes256-ctr"]
        var theirs = try offer(of: SentByServer.openSSH)
        theirs.ciphersToServer = ["aes128-ctr", "chacha20-poly1305@openssh.com"]
        #expect(reason(theirs, ours: ours) == nil)
    }
}

private let simpleOurs = Algorithms(
    keyExchanges: ["k1", "k2"],
    hostKeys: ["h1", "h2"],
    ciphers: ["c1", "c2"],
    macs: ["m1", "m2"]
)

private var simple: AlgorithmOffer {
    var offer = AlgorithmOffer()
    offer.keyExchanges = ["k1", "k2"]
    offer.hostKeys = ["h1", "h2"]
    offer.ciphersToServer = ["c1", "c2"]
    offer.ciphersFromServer = ["c1", "c2"]
    offer.macsToServer = ["m1", "m2"]
    offer.macsFromServer = ["m1", "m2"]
    offer.compressionsToServer = ["zlib", "none"]
    offer.compressionsFromServer = ["none"]
    return offer
}

private func offer(of bytes: [UInt8]) throws -> AlgorithmOffer { try #require(try parsed(bytes)).offer }

/// What `libssh2_session_supported_algs` of Debian 12's libssh2 1.10.0 returns.
private enum OfLibssh2 {
    static let names: Set<String> = [
        "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1",
        "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-ed25519", "ssh-rsa", "ssh-dss",
        "aes128-ctr", "aes192-ctr", "aes256-ctr", "aes256-cbc", "rijndael-cbc@lysator.liu.se", "aes192-cbc",
        "aes128-cbc", "blowfish-cbc", "arcfour128", "arcfour", "cast128-cbc", "3des-cbc",
        "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96", "hmac-ripemd160",
        "hmac-ripemd160@openssh.com",
    ]
}
