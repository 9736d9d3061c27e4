//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

struct HostKeyPolicyTests {
    private let key: HostKey
    private let other: HostKey
    private let name = HostName("Host.Example", port: 2_222)

    init() throws {
        key = try TestKey.ed25519(1)
        other = try TestKey.ed25519(2)
    }

    private func check(_ verdict: HostKeyVerdict) -> HostKeyCheck {
        HostKeyCheck(name: name, key: key, verdict: verdict, file: "/home/me/.ssh/known_hosts")
    }

    private func reason(_ verdict: HostKeyVerdict, _ policy: HostKeyPolicy) -> HostKeyRefusal.Reason? {
        guard case .refuse(let refusal) = check(verdict).decision(policy) else { return nil }
        return refusal.reason
    }

    private var changed: HostKeyVerdict { .changed(file: "/etc/it's", line: 7, recorded: other) }

    private var verdicts: [HostKeyVerdict] {
        [
            .match, .unknown(recordedTypes: []), .unknown(recordedTypes: ["ssh-rsa"]), changed,
            .revoked(file: "f", line: 3), .authorityOnly,
        ]
    }

    @Test func strictTakesWhatIsRecordedOnly() {
        let reasons: [HostKeyRefusal.Reason?] = [
            nil, .unknown, .otherTypes(["ssh-rsa"]), .changed(file: "/etc/it's", line: 7, recorded: other),
            .revoked(file: "f", line: 3), .authorityOnly,
        ]
        #expect(verdicts.map { reason($0, .strict) } == reasons)
        #expect(check(.match).decision(.strict) == .accept)
    }

    @Test func acceptNewTakesStrangersToo() {
        #expect(check(.match).decision(.acceptNew) == .accept)
        #expect(check(.unknown(recordedTypes: [])).decision(.acceptNew) == .acceptAndRecord)
        for verdict in verdicts.dropFirst(2) {
            #expect(reason(verdict, .acceptNew) == reason(verdict, .strict))
        }
    }

    @Test func aPinnedKeyIsTakenUnlessItIsRevoked() {
        for verdict in verdicts {
            if case .revoked = verdict {
                #expect(reason(verdict, .pinned(key.fingerprint)) == .revoked(file: "f", line: 3))
            } else {
                #expect(check(verdict).decision(.pinned(key.fingerprint)) == .accept)
                #expect(reason(verdict, .pinned(other.fingerprint)) == .notThePinned(other.fingerprint))
            }
        }
    }

    @Test func insecureTakesAllAndWarns() {
        for verdict in verdicts {
            guard case .acceptUnchecked(let warning) = check(verdict).decision(.insecure) else {
                Issue.record("\(verdict)")
                continue
            }
            #expect(
                warning.hasPrefix(
                    "The host key of [host.example]:2222 is accepted unchecked (ssh-ed25519 \(key.fingerprint))"
                )
            )
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func whoIsAskedDecidesAboutStrangersOnly(answer: Bool) async throws {
        for verdict in verdicts {
            await confirmation(expectedCount: isStranger(verdict) ? 1 : 0) { isAsked in
                let policy = HostKeyPolicy.ask { question in
                    #expect(question.fingerprint == key.fingerprint && question.keyType == "ssh-ed25519")
                    #expect(question.host == "host.example" && question.port == 2_222)
                    isAsked()
                    return answer
                }
                let decision = await check(verdict).settled(policy)
                if isStranger(verdict) {
                    #expect(decision == (answer ? .acceptAndRecord : refusal(.declined)))
                } else {
                    #expect(decision == check(verdict).decision(.strict))
                }
            }
        }
    }

    private func isStranger(_ verdict: HostKeyVerdict) -> Bool { verdict == .unknown(recordedTypes: []) }

    private func refusal(_ reason: HostKeyRefusal.Reason) -> HostKeyDecision {
        .refuse(HostKeyRefusal(name: name, key: key, reason: reason, file: "/home/me/.ssh/known_hosts"))
    }

    private func text(_ reason: HostKeyRefusal.Reason) -> String {
        HostKeyRefusal(name: name, key: key, reason: reason, file: "/home/me/.ssh/known_hosts").description
    }

    @Test func whatIsRefusedIsExplained() {
        #expect(
            text(.unknown) == """
                The host key of [host.example]:2222 is not known: ssh-ed25519 \(key.fingerprint). Compare this with what the host's \
                administrator says (on the host: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub). If it is the same, add this line \
                to /home/me/.ssh/known_hosts, or pin it (hostkey=\(key.fingerprint)): [host.example]:2222 \(key.text)
                """
        )
        #expect(
            text(.changed(file: "/etc/it's", line: 7, recorded: other)) == """
                The host key of [host.example]:2222 HAS CHANGED: the host presents ssh-ed25519 \(key.fingerprint), but ssh-ed25519 \
                \(other.fingerprint) is recorded in /etc/it's:7. Somebody may be pretending to be the host, or it was set up anew. If you \
                know that it was, remove the recorded key: ssh-keygen -f '/etc/it'\\''s' -R '[host.example]:2222'
                """
        )
        #expect(
            text(.otherTypes(["ssh-rsa"])).hasPrefix(
                """
                The host key of [host.example]:2222 is not known: ssh-ed25519 \(key.fingerprint). Only keys of other types are recorded \
                for it (ssh-rsa): somebody may be pretending
                """
            )
        )
        #expect(
            text(.revoked(file: "f", line: 3)) == """
                The host key of [host.example]:2222 is revoked: ssh-ed25519 \(key.fingerprint), by f:3. Whoever has it must not be \
                trusted; the host needs a new key.
                """
        )
        #expect(text(.authorityOnly).hasSuffix("(hostkey=\(key.fingerprint)): [host.example]:2222 \(key.text)"))
        let pinned = text(.notThePinned(other.fingerprint))
        #expect(
            pinned.hasPrefix(
                "The host key of [host.example]:2222 is not the expected one: the host presents ssh-ed25519 "
            )
        )
        #expect(
            HostKeyError.refused(HostKeyRefusal(name: name, key: key, reason: .declined, file: "f")).description
                == text(.declined)
        )
    }

    /// A line for `*` would vouch for all hosts.
    @Test(arguments: ["*", "a,b", "!a", "|1|a", "#a", "@revoked", "a b", "a\nb", "", "a?", "a\u{7f}"])
    func aLineThatSaysMoreIsNotAdvised(host: String) {
        let refusal = HostKeyRefusal(name: HostName(host), key: key, reason: .unknown, file: "f")
        #expect(!refusal.name.canBeRecorded)
        #expect(refusal.description.hasSuffix("pin it (hostkey=\(key.fingerprint))."))
    }

    @Test func errorsSayWhichFileAndWhatToDo() {
        let texts: [(HostKeyError, String)] = [
            (.unusableKey("it names no type"), "The host key cannot be used: it names no type."),
            (
                .unreadableFile(path: "f", why: "w"),
                "The file of known hosts \"f\" cannot be used: w. It may revoke keys, so it is not left out."
            ),
            (
                .notRecorded(path: "f", why: "w", line: "a b c"),
                "The host key cannot be recorded in \"f\": w. Add this line to it by hand: a b c"
            ),
            (.notRecorded(path: "f", why: "w", line: nil), "The host key cannot be recorded in \"f\": w."),
        ]
        for (error, text) in texts { #expect(error.description == text) }
    }

    @Test func onlyAnAuthorityCallsForOpenSSH() {
        for verdict in verdicts {
            guard case .refuse(let refusal) = check(verdict).decision(.strict) else { continue }
            #expect(refusal.needsOpenSSH == (verdict == .authorityOnly))
        }
    }
}
