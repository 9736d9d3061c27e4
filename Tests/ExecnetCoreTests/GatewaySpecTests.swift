//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport
import Testing

struct GatewaySpecTests {
    private func message(_ text: String) -> String {
        let error = #expect(throws: GatewayError.self, "\(text)") { try GatewaySpec(text) }
        #expect(error?.code == .invalidSpec)
        return error?.message ?? ""
    }

    @Test(.timeLimit(.minutes(1))) func allKeys() throws {
        let spec = try GatewaySpec(
            "popen//id=w1//python=sudo -u build python3//agent=/opt/agent//chdir=/tmp//env:LANG=C//env:A=b=c//nice=5//execution=serial"
        )
        #expect(spec.place == .popen && spec.id == "w1" && spec.python == ["sudo", "-u", "build", "python3"])
        #expect(
            spec.agent == "/opt/agent" && spec.directory == "/tmp" && spec.environment == ["LANG": "C", "A": "b=c"]
        )
        #expect(spec.nice == 5 && spec.isSerial)
    }

    @Test(.timeLimit(.minutes(1))) func commands() throws {
        #expect(try GatewaySpec("command=ssh -T h").place == .command(["ssh", "-T", "h"]))
        let spec = try GatewaySpec("command=tsh ssh h//form=line")
        #expect(spec.place == .command(["tsh", "ssh", "h"], form: .line))
        #expect(spec.description == "command=tsh ssh h//form=line")
    }

    @Test(.timeLimit(.minutes(1))) func plain() throws {
        #expect(try GatewaySpec("popen") == GatewaySpec())
        #expect(try GatewaySpec("id=x//popen").id == "x")
        #expect(try GatewaySpec("popen//execution=concurrent") == GatewaySpec())
        #expect(try GatewaySpec("popen//env:EMPTY=").environment == ["EMPTY": ""])
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("popen//colour=red", "\"colour\""), ("popen//Python=x", "\"Python\""), ("popen//xid", "\"xid\""),
            ("popen//id=a//id=b", "\"id\""), ("popen//popen", "\"popen\""), ("popen//env:A=1//env:A=2", "\"env:A\""),
            ("popen=1", "\"popen\""), ("popen//id", "\"id\""), ("popen//id=", "\"id\""), ("popen//chdir", "\"chdir\""),
            ("popen//agent=", "\"agent\""), ("popen//nice=much", "\"nice\""), ("popen//nice=41", "\"nice\""),
            ("popen//nice=1.5", "\"nice\""), ("popen//execution=fast", "\"execution\""),
            ("popen//execution", "\"execution\""),
            ("popen//python=a 'b", "\"python\""), ("popen//python= ", "\"python\""), ("popen//env:A", "\"env:A\""),
            ("popen//env:=x", "\"env:\""), ("socket//installvia=a//key=@f", "\"key\""),
            ("socket//installvia=a//server=python", "\"server\""), ("socket//installvia=a//trusted=f", "\"trusted\""),
            ("popen//a/b=1", "\"a\""), ("command=a//form=x", "\"form\""), ("command=a//form", "\"form\""),
            ("popen//form=line", "\"form\""),
        ]
    )
    func errorsNameTheKey(_ text: String, _ key: String) {
        let message = message(text)
        #expect(message.contains(key), "\(message)")
        #expect(message.contains(text), "\(message)")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "socket=h:1//key=secret", "key=secret", "key=secret//socket=h:1", "socket=h:1//key=se//secret",
            "socket=h:1//key=se//secret/x", "socket=h:1//key=\"//secret", "socket=h:1//key=@f//key=secret",
            "socket=h:1//Key=secret", "socket=h:1//colour=red//key=secret", "socket=h:1//key=\"secret\"x",
            "popen//key=secret",
        ]
    )
    func aKeyIsNeverQuoted(_ text: String) { #expect(!message(text).contains("secret"), "\(message(text))") }

    @Test(.timeLimit(.minutes(1))) func textThatOnlyLooksLikeAKeyIsAccepted() throws {
        #expect(try GatewaySpec(#"popen//env:URL="x//key=y""#).environment == ["URL": "x//key=y"])
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "", "id=x", "popen//", "//popen", "popen////id=x", "popen/", "popen//id=\"x", "popen//id=\"x\"y", "=",
        ]
    )
    func otherTextsAreRefused(_ text: String) { #expect(!message(text).isEmpty) }

    @Test(.timeLimit(.minutes(1))) func quotes() throws {
        #expect(try GatewaySpec(#"popen//chdir="a//b"//nice=1"#).directory == "a//b")
        #expect(try GatewaySpec(#"popen//chdir="say \"x\" \\ y""#).directory == #"say "x" \ y"#)
        #expect(try GatewaySpec(#"popen//chdir=a"b"#).directory == #"a"b"#)
        #expect(try GatewaySpec(#"popen//chdir=/a/b\c"#).directory == #"/a/b\c"#)
        #expect(try GatewaySpec("popen//env:URL=\"http://x//y\"").environment == ["URL": "http://x//y"])
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("python3 -u", ["python3", "-u"]), ("'my python' \"-x y\"", ["my python", "-x y"]), (#"a\ b"#, ["a b"]),
            (#"it\'s"#, ["it's"]), (#"'' x"#, ["", "x"]), (#"'a'"b"c"#, ["abc"]), (#"'a\b'"#, [#"a\b"#]),
            ("\t a \t b ", ["a", "b"]), (##"x"\$\"\n""##, [##"x$"\n"##]),
            ("sudo -u 'the builder' -- python3 -X dev", ["sudo", "-u", "the builder", "--", "python3", "-X", "dev"]),
            (#"/my\ own\\python "a 'b' c" 'd "e" f'"#, [#"/my own\python"#, "a 'b' c", #"d "e" f"#]),
            ("env A='x  y' python3", ["env", "A=x  y", "python3"]),
            ("a\\\nb \"c\\\nd\" 'e\\\nf'", ["ab", "cd", "e\\\nf"]),
            ("a \\\n b", ["a", "b"]), ("a\nb", ["a", "b"]),
            ("\u{301}a '\u{301}b' \\\u{301}c", ["\u{301}a", "\u{301}b", "\u{301}c"]),
        ]
    )
    func item52CommandsAreSplitLikeAShell(_ line: String, _ words: [String]) throws {
        #expect(try GatewaySpec("popen//python=\(line)").python == words)
    }

    @Test(.timeLimit(.minutes(1))) func valuesMayBeginWithACombiningMark() throws {
        #expect(try GatewaySpec("popen//id=\u{301}//nice=1").id == "\u{301}")
        #expect(try GatewaySpec("popen//chdir=\"\u{301}//\u{301}\"").directory == "\u{301}//\u{301}")
        #expect(message("popen//id=a//\u{301}nice=1").contains("not known"))
        var spec = GatewaySpec()
        spec.directory = "/\u{301}/"
        spec.python = ["\u{301}", "'\u{301}", "\u{D4E}'", "\u{D4E} "]
        spec.environment = ["\u{301}": "\"\u{301}"]
        #expect(try GatewaySpec(spec.description) == spec)
    }

    @Test(.timeLimit(.minutes(1))) func descriptionReadsAsTheSame() throws {
        var random = SplitMix(state: 9)
        let letters = [Character](#"ab/="'\ $-:é/"#) + ["\u{301}", "\n", "\u{D4E}"]
        func text(_ least: Int) -> String {
            String(
                (0..<Int.random(in: least...8, using: &random)).compactMap { _ in letters.randomElement(using: &random)
                }
            )
        }
        for _ in 0..<5_000 {
            var spec = GatewaySpec()
            if Bool.random(using: &random) { spec.id = text(1) }
            if Bool.random(using: &random) {
                spec.python = (0..<Int.random(in: 1...3, using: &random)).map { _ in text(0) }
            }
            if Bool.random(using: &random) { spec.agent = text(1) }
            if Bool.random(using: &random) { spec.directory = text(1) }
            if Bool.random(using: &random) { spec.environment = ["A": text(0), "B_2": text(0)] }
            spec.nice = Int.random(in: -40...40, using: &random)
            spec.isSerial = Bool.random(using: &random)
            #expect(try GatewaySpec(spec.description) == spec, "\(spec)")
        }
    }
}
