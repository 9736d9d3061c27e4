//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import Testing

@testable import ExecnetSSH

struct DoctorReportTests {
    private let names: [DoctorStep.Name] = [
        .configuration, .resolve, .connect, .version, .algorithms, .hostKey, .authentication, .agentStart, .roundTrip,
        .clock, .throughput,
    ]

    private var broken: DoctorReport {
        var report = DoctorReport(of: "ssh=joe@node1", steps: names)
        report.add(DoctorStep(.configuration, .ok("~/.ssh/config; ignored: controlmaster (~/.ssh/config:3)")))
        report.add(DoctorStep(.resolve, .ok("10.0.0.7, fd00::7", milliseconds: 1.25)))
        report.add(DoctorStep(.connect, .ok("10.0.0.7 port 22", milliseconds: 0.449)))
        report.add(DoctorStep(.version, .ok("OpenSSH_9.2p1 Debian-2+deb12u10")))
        report.add(DoctorStep(.algorithms, .ok("curve25519-sha256, ssh-ed25519, aes128-ctr, hmac-sha2-256")))
        report.add(
            DoctorStep(
                .hostKey,
                .hostKeyChanged,
                """
                The host key of node1 HAS CHANGED: the host presents ssh-ed25519 SHA256:one, but ssh-ed25519 \
                SHA256:two is recorded in ~/.ssh/known_hosts:4.
                """
            )
        )
        report.finish()
        return report
    }

    @Test(.timeLimit(.minutes(1))) func aFailureAsText() {
        #expect(
            broken.description == """
                ssh=joe@node1
                  ok       configuration   ~/.ssh/config; ignored: controlmaster (~/.ssh/config:3)
                  ok       resolve         10.0.0.7, fd00::7 (1.3 ms)
                  ok       connect         10.0.0.7 port 22 (0.4 ms)
                  ok       version         OpenSSH_9.2p1 Debian-2+deb12u10
                  ok       algorithms      curve25519-sha256, ssh-ed25519, aes128-ctr, hmac-sha2-256
                  FAILED   host key        hostKeyChanged: The host key of node1 HAS CHANGED: the host presents
                                           ssh-ed25519 SHA256:one, but ssh-ed25519 SHA256:two is recorded in
                                           ~/.ssh/known_hosts:4.
                                           -> Ask the administrator whether the host has got a new key. Only then
                                           remove the recorded one.
                  skipped  authentication  host key failed
                  skipped  agent start     host key failed
                  skipped  round trip      host key failed
                  skipped  clock           host key failed
                  skipped  throughput      host key failed
                1 step failed.

                """
        )
        #expect(!broken.isOK && broken.next == nil)
    }

    @Test(.timeLimit(.minutes(1))) func aFailureAsObjects() {
        let lines = broken.json.split(separator: "\n")
        #expect(lines.count == names.count)
        #expect(lines[1] == #"{"step":"resolve","outcome":"ok","detail":"10.0.0.7, fd00::7","ms":1.3}"#)
        #expect(lines[3] == #"{"step":"version","outcome":"ok","detail":"OpenSSH_9.2p1 Debian-2+deb12u10"}"#)
        #expect(
            lines[5] == """
                {"step":"host key","outcome":"failed","code":"hostKeyChanged","obstacle":"The host key of node1 HAS \
                CHANGED: the host presents ssh-ed25519 SHA256:one, but ssh-ed25519 SHA256:two is recorded in \
                ~/.ssh/known_hosts:4.","remedy":"Ask the administrator whether the host has got a new key. Only then \
                remove the recorded one."}
                """
        )
        #expect(lines[6] == #"{"step":"authentication","outcome":"skipped","why":"host key failed"}"#)
    }

    @Test(.timeLimit(.minutes(1))) func allIsWell() {
        var report = DoctorReport(of: "popen", steps: [.process, .roundTrip])
        #expect(report.next == .process)
        report.add(DoctorStep(.process, .ok("pid 7")))
        #expect(report.next == .roundTrip)
        report.add(DoctorStep(.roundTrip, .ok("median of 21", milliseconds: 0.05)))
        report.finish()
        #expect(report.isOK && report.next == nil)
        #expect(
            report.description == """
                popen
                  ok       process     pid 7
                  ok       round trip  median of 21 (0.1 ms)
                All is well.

                """
        )
    }

    @Test(.timeLimit(.minutes(1))) func measurementsDoNotDependOnEachOther() {
        var report = DoctorReport(of: "x", steps: [.agentStart, .roundTrip, .clock, .throughput])
        report.add(DoctorStep(.agentStart, .ok("native")))
        report.add(DoctorStep(.roundTrip, .timedOut, "no answer in 1 s"))
        #expect(report.next == .clock)
        report.add(DoctorStep(.throughput, .ok("100 MB/s")))
        report.finish()
        #expect(report.steps.map(\.name) == [.agentStart, .roundTrip, .clock, .throughput])
        #expect(report.steps[2].outcome == .skipped("not needed"))
        #expect(!report.isOK)
    }

    @Test(.timeLimit(.minutes(1))) func unfinishedStepsWereNotTried() {
        var report = DoctorReport(of: "x", steps: [.resolve, .connect])
        report.add(DoctorStep(.resolve, .ok("")))
        report.finish()
        #expect(report.steps.last == DoctorStep(.connect, .skipped("not tried")))
        #expect(report.description == "x\n  ok       resolve\n  skipped  connect  not tried\nAll is well.\n")
    }

    @Test(.timeLimit(.minutes(1))) func whatAServerSaidCannotMoveTheCursor() {
        var report = DoctorReport(of: "x", steps: [])
        report.add(DoctorStep(.version, .ok("a\u{1b}[2Jb\u{7}\u{9b}c\nd")))
        #expect(report.description == "x\n  ok       version  a [2Jb c\n                    d\nAll is well.\n")
        #expect(report.json == #"{"step":"version","outcome":"ok","detail":"a\u001b[2Jb\u0007\u009bc\nd"}"# + "\n")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("\"\\/", #""\"\\/""#), ("a\tb\r", #""a\tb\u000d""#), ("é😀", "\"é😀\""),
            ("\u{2028}\u{7f}", #""\u2028\u007f""#),
        ]
    )
    func stringsAreEscaped(_ text: String, _ json: String) {
        #expect(DoctorStep(.clock, .skipped(text)).json == #"{"step":"clock","outcome":"skipped","why":"# + json + "}")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [(0, "0.0"), (-0.01, "0.0"), (-1.26, "-1.3"), (12_345.67, "12345.7"), (0.06, "0.1")]
    )
    func timesHaveOneDigit(_ milliseconds: Double, _ text: String) {
        #expect(DoctorReport.text(milliseconds) == text)
        let step = DoctorStep(.clock, .ok("", milliseconds: milliseconds))
        #expect(step.json == #"{"step":"clock","outcome":"ok","detail":"","ms":"# + text + "}")
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Double.nan, .infinity, 1e300])
    func timesThatAreNoneBreakNothing(_ milliseconds: Double) {
        let step = DoctorStep(.clock, .ok("", milliseconds: milliseconds))
        #expect(step.json == #"{"step":"clock","outcome":"ok","detail":""}"#)
    }
}

struct RemediesTests {
    @Test(.timeLimit(.minutes(1)), arguments: GatewayError.Code.all)
    func eachHasARemedyOfItsOwn(_ code: GatewayError.Code) {
        #expect(code.remedy.utf8.last == UInt8(ascii: ".") && code.remedy.utf8.count > 20)
        #expect(GatewayError.Code.all.filter { $0.remedy == code.remedy } == [code])
        let step = DoctorStep(.connect, code, "x")
        #expect(step.outcome == .failed(code: code.description, obstacle: "x", remedy: code.remedy))
        #expect(step.isFailed)
    }
}
