//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// Counts on one gateway with the Python agent, which needs nothing over there but an interpreter.
enum PythonCount {
    /// The same definition of a word as in `WordTable`.
    private static let program = #"""
        import collections
        import re

        word = re.compile(rb"[0-9a-z\x80-\xff]+")
        table = collections.Counter()

        for path in channel:
            try:
                with open(path, "rb") as file:
                    text = file.read()
            except OSError:
                text = b"\0"
            words = [] if b"\0" in text else word.findall(text.lower())
            table.update(words)
            channel.send({"isCounted": b"\0" not in text, "words": len(words)})

        channel.send(sum(table.values()))
        """#

    static func run(_ files: [String], interpreter: String, _ progress: Progress) async throws -> Int {
        defer { progress.finish() }
        var spec = GatewaySpec()
        spec.id = "python"
        spec.python = [interpreter]
        return try await withGateway(spec) { gateway in
            let channel = try await gateway.remoteExec(.python(program))
            try await FileQueue(files).serve(channel) { _ in progress.advance() }
            return try await channel.receive(as: Int.self)
        }
    }
}
