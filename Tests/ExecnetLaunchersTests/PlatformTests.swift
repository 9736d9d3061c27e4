//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetLaunchers
import ExecnetTestSupport
import Testing

@Suite(.leavesNothingBehind)
struct PlatformTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("Linux", "x86_64", 64, "linux-x86_64"), ("Linux", "amd64", nil, "linux-x86_64"),
            ("Linux", "x86_64", 32, "linux-i686"), ("Linux", "i586", 32, "linux-i686"),
            ("Linux", "aarch64", 64, "linux-aarch64"), ("Linux", "arm64", nil, "linux-aarch64"),
            ("Linux", "aarch64", 32, "linux-arm"), ("Linux", "armv7l", 32, "linux-arm"),
            ("Darwin", "arm64", 64, "darwin-aarch64"), ("FreeBSD", "amd64", 64, "freebsd-x86_64"),
            ("Linux", "riscv64", 64, "linux-riscv64"), ("Linux", "ppc64le", 64, "linux-ppc64le"),
        ] as [(String, String, Int?, String)]
    )
    func wordsOfUnameBecomeOneName(system: String, machine: String, bits: Int?, name: String) {
        let platform = Platform(system: system, machine: machine, bits: bits)
        #expect(platform?.description == name)
        #expect(Platform(name) == platform)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("", "x86_64"), ("Linux", ""), ("Linux", "../x"), ("Linux", "x 64"), ("Li\nux", "x86_64"), ("Linux", "é"),
            ("Linux", String(repeating: "x", count: 33)), ("Linux", ".."),
        ]
    )
    func noiseIsNoPlatform(system: String, machine: String) {
        #expect(Platform(system: system, machine: machine) == nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "linux", "-", "linux-"])
    func namesHaveTwoParts(name: String) { #expect(Platform(name) == nil) }

    @Test(.timeLimit(.minutes(1)))
    func theCurrentOneIsThatOfUname() async throws {
        let words = try await run(["uname", "-sm"]).text.dropLast().split(separator: " ").map { String($0) }
        #expect(Platform(system: words[0], machine: words[1], bits: Int.bitWidth) == .current)
    }
}
