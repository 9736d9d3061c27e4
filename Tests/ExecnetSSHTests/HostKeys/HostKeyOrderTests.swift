//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Testing

@testable import ExecnetSSH

struct HostKeyOrderTests {
    private static let all = HostKeyOrder.ofLibssh2
    private let ecdsa = "ecdsa-sha2-nistp256"
    private let new: [HostKeyPolicy] = [.acceptNew, .ask { _ in true }]

    @Test func aStrangerIsAskedForAnything() throws {
        for policy in new + [.strict, .insecure, .pinned(try TestKey.ed25519(1).fingerprint)] {
            #expect(HostKeyOrder(RecordedTypes(), policy) == .methods(Self.all))
        }
    }

    @Test func whatIsRecordedComesFirstAndForStrictAlone() throws {
        let recorded = RecordedTypes(here: ["ssh-rsa", ecdsa, "ssh-dss"])
        #expect(HostKeyOrder(recorded, .strict) == .methods([ecdsa]))
        let rest = Self.all.filter { $0 != ecdsa }
        for policy in new + [.insecure, .pinned(try TestKey.ed25519(1).fingerprint)] {
            #expect(HostKeyOrder(recorded, policy) == .methods([ecdsa] + rest))
        }
    }

    @Test func whatLibssh2CannotCheckNeedsOpenSSH() throws {
        for types in [["ssh-rsa"], ["ssh-rsa", "ssh-dss"], ["sk-ssh-ed25519@openssh.com"]] {
            for policy in new + [.strict] {
                #expect(HostKeyOrder(RecordedTypes(here: types), policy) == .needsOpenSSH(recorded: types))
            }
            for policy in [.insecure, .pinned(try TestKey.ed25519(1).fingerprint)] as [HostKeyPolicy] {
                #expect(HostKeyOrder(RecordedTypes(here: types), policy) == .methods(Self.all))
            }
        }
    }

    @Test func anAuthorityAloneNeedsOpenSSH() {
        #expect(HostKeyOrder(RecordedTypes(hasAuthority: true), .strict) == .needsOpenSSH(recorded: []))
        #expect(HostKeyOrder(RecordedTypes(hasAuthority: true), .acceptNew) == .needsOpenSSH(recorded: []))
        #expect(HostKeyOrder(RecordedTypes(here: [ecdsa], hasAuthority: true), .strict) == .methods([ecdsa]))
        #expect(HostKeyOrder(RecordedTypes(hasAuthority: true), .insecure) == .methods(Self.all))
    }

    @Test func keysOfTheHostWithoutThePortAreTriedFirst() {
        let recorded = RecordedTypes(withoutPort: [ecdsa])
        #expect(HostKeyOrder(recorded, .strict) == .methods([ecdsa]))
        #expect(HostKeyOrder(recorded, .acceptNew) == .methods([ecdsa] + Self.all.filter { $0 != ecdsa }))
        let rsa = RecordedTypes(withoutPort: ["ssh-rsa"])
        #expect(HostKeyOrder(rsa, .strict) == .needsOpenSSH(recorded: ["ssh-rsa"]))
        // Its own port is new, and may have any key.
        #expect(HostKeyOrder(rsa, .acceptNew) == .methods(Self.all))
    }

    @Test func aNewerLibraryIsAskedForSignaturesWithoutSHA1() {
        let order = HostKeyOrder(
            RecordedTypes(here: ["ssh-rsa"]),
            .strict,
            supported: Self.all + ["rsa-sha2-256", "rsa-sha2-512"]
        )
        #expect(order == .methods(["rsa-sha2-512", "rsa-sha2-256"]))
    }
}
