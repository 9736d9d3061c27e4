//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetTestSupport
import ExecnetWire
import Foundation
import Testing

/// The same values in Swift and as a Python expression.
struct PythonVector: Sendable, CustomTestStringConvertible {
    let value: Value
    let expression: String

    var testDescription: String { expression }

    static let all: [PythonVector] = [
        PythonVector(value: .null, expression: "None"),
        PythonVector(value: true, expression: "True"),
        PythonVector(value: 0, expression: "0"),
        PythonVector(value: .int(.min), expression: "-2**63"),
        PythonVector(value: .int(.max), expression: "2**63-1"),
        PythonVector(value: Value(UInt64.max), expression: "2**64-1"),
        PythonVector(value: Value(-Int128(UInt64.max) - 1), expression: "-2**64"),
        PythonVector(value: Value(Int128(UInt64.max) + 1), expression: "2**64"),
        PythonVector(value: Value(Int128.min), expression: "-2**127"),
        PythonVector(value: 1.1, expression: "1.1"),
        PythonVector(value: .double(-0.0), expression: "-0.0"),
        PythonVector(value: .double(.infinity), expression: "float('inf')"),
        PythonVector(value: .double(.leastNonzeroMagnitude), expression: "5e-324"),
        PythonVector(value: "grüße 🙂", expression: "'grüße 🙂'"),
        PythonVector(value: .bytes([0, 255]), expression: "b'\\x00\\xff'"),
        PythonVector(value: [1, [2, "x"], []], expression: "[1, [2, 'x'], []]"),
        PythonVector(value: ["a": 1, 2: nil, "c": [:]], expression: "{'a': 1, 2: None, 'c': {}}"),
        PythonVector(value: .set([1]), expression: "{1}"),
        PythonVector(value: .set([]), expression: "set()"),
        PythonVector(value: .complex(real: 1, imaginary: -2.5), expression: "complex(1, -2.5)"),
        PythonVector(value: .undefined, expression: "cbor2.undefined"),
        PythonVector(value: .simple(99), expression: "cbor2.CBORSimpleValue(99)"),
        PythonVector(value: .tagged(4711, "x"), expression: "cbor2.CBORTag(4711, 'x')"),
        PythonVector(value: .tuple([1, "a"]), expression: "cbor2.CBORTag(25957, (1, 'a'))"),
        PythonVector(value: .channel(ChannelReference(id: 7)), expression: "cbor2.CBORTag(25955, 7)"),
        PythonVector(
            value: .numericArray(NumericArray([1, -2] as [Int32])),
            expression: "cbor2.CBORTag(78, array.array('i', [1, -2]).tobytes())"
        ),
    ]
}

/// What `cbor2` for Python, which shares no code with this module, makes of our bytes and we of its.
struct Cbor2Tests {
    @Test(.timeLimit(.minutes(1)))
    func pythonReadsWhatSwiftWrites() throws {
        let lines = try PythonVector.all.map { vector in
            hex(try Wire.encode(vector.value).array) + " " + vector.expression
        }
        let answers = try python(
            """
            encoded, expression = line.split(' ', 1)
            mine, other = cbor2.loads(bytes.fromhex(encoded)), eval(expression)
            print(same(mine, other) or (repr(mine), repr(other)))
            """,
            lines
        )
        for (vector, answer) in zip(PythonVector.all, answers) { #expect(answer == "True", "\(vector.expression)") }
    }

    @Test(.timeLimit(.minutes(1)))
    func swiftReadsWhatPythonWrites() throws {
        let answers = try python("print(cbor2.dumps(eval(line)).hex())", PythonVector.all.map(\.expression))
        for (vector, answer) in zip(PythonVector.all, answers) {
            #expect(try decode(Value.self, hex(answer)) == vector.value, "\(vector.expression): \(answer)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func randomValuesPassThroughPython() throws {
        var random = SplitMix(state: 5)
        let values = (0..<2000).map { _ in randomValue(&random) }
        let lines = try values.map { hex(try Wire.encode($0).array) }
        let answers = try python("print(cbor2.dumps(cbor2.loads(bytes.fromhex(line))).hex())", lines)
        for (value, answer) in zip(values, answers) { #expect(try decode(Value.self, hex(answer)) == value) }
    }

    @Test(.timeLimit(.minutes(1)))
    func describesItselfAsPythonDoes() throws {
        var random = SplitMix(state: 6)
        let values = (0..<500).map { _ in randomValue(&random) }
        let answers = try python(
            """
            encoded, text = line.split(' ', 1)
            print(cbor2.loads(bytes.fromhex(encoded)) == eval(eval(text)))
            """,
            values.map { value in
                hex(try Wire.encode(value).array) + " " + Value.string(value.description).description
            }
        )
        for (value, answer) in zip(values, answers) { #expect(answer == "True", "\(value)") }
    }

    @Test(.timeLimit(.minutes(1)))
    func recordsPassThroughPython() throws {
        let answers = try python(
            """
            value = cbor2.loads(bytes.fromhex(line))
            assert value['meta']['blob'] == b'\\x01\\x02\\xff' and value['pos'] == [0.5, -1]
            print(cbor2.dumps(dict(reversed(value.items()))).hex())
            """,
            [hex(try Wire.encode(Record.example).array)]
        )
        #expect(try decode(Record.self, hex(answers.first ?? "")) == .example)
    }
}

/// The lines that a Python loop with this body prints for these lines of input.
private func python(_ body: String, _ lines: [String]) throws -> [String] {
    let preamble = """
        import sys, array
        try:
            import cbor2
        except ImportError:
            sys.exit('no module cbor2')
        def same(a, b):
            return type(a) == type(b) and repr(a) == repr(b)
        sys.stdin.reconfigure(encoding='utf-8'); sys.stdout.reconfigure(encoding='utf-8')
        for line in sys.stdin:
            line = line.rstrip('\\n')

        """
    let script = preamble + body.split(separator: "\n").map { "    " + $0 + "\n" }.joined()
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let input = directory.appendingPathComponent("input")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: input)

    let process = Process()
    let interpreter = ProcessInfo.processInfo.environment["EXECNET_TEST_PYTHON"] ?? "python3"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [interpreter, "-c", script]
    process.standardInput = try FileHandle(forReadingFrom: input)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(
        process.terminationStatus == 0,
        "\(interpreter) failed. These tests need its module cbor2: `make test` installs it, or set EXECNET_TEST_PYTHON."
    )
    let answers = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    try #require(answers.count == lines.count)
    return answers
}
