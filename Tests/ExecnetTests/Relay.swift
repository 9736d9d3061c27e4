//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetTestSupport

/// A program between both sides, which passes bytes on as a bad connection does.
enum Relay {
    /// For the time of `body`, the words that run a command behind it.
    ///
    /// - Parameter options: `cut=N` closes both directions after N bytes to the far side; `stall=N` passes no more on; `rate=N` passes so
    ///   many bytes a second; `log=FILE` writes a line with > or < whenever the direction changes, > is to the far side.
    static func with<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (_ words: (String...) -> [String]) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/relay.py"
            try writeFile(source, to: path)
            return try await body { (options: String...) in ["python3", "-S", path] + options + ["--"] }
        }
    }

    private static let source = """
        import os, select, signal, subprocess, sys, time
        split = sys.argv.index("--")
        options = dict(word.split("=", 1) for word in sys.argv[1:split])
        cut, stall, rate = (int(options.get(name, 0)) for name in ("cut", "stall", "rate"))
        log = options.get("log")
        # As sudo does: the far side, which is asked too, goes first.
        signal.signal(signal.SIGTERM, lambda *rest: None)
        far = subprocess.Popen(sys.argv[split + 1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        to, back = far.stdin.fileno(), far.stdout.fileno()
        passed, last, sources = 0, "", [0, back]
        def note(direction):
            global last
            if log and direction != last:
                with open(log, "a") as file: file.write(direction)
            last = direction
        def push(target, data):
            while data: data = data[os.write(target, data):]
        try:
            while sources:
                for source in select.select(sources, [], [])[0]:
                    limit = 65536
                    if source == 0 and (cut or stall): limit = (cut or stall) - passed
                    if source == 0 and rate: limit = max(rate // 20, 1)
                    data = os.read(source, min(limit, 65536))
                    if not data:
                        sources.remove(source)
                        if source == 0: os.close(to)
                        else: sources = []
                    elif source == 0:
                        note(">")
                        push(to, data)
                        passed += len(data)
                        if rate: time.sleep(len(data) / rate)
                        if stall and passed == stall: sources.remove(0)
                        if cut and passed == cut: raise EOFError
                    else:
                        note("<")
                        push(1, data)
        except (EOFError, OSError):
            pass
        # The far side goes by itself, before this does.
        for end in {0, 1, to, back} if cut or not sources else {1, back}:
            try: os.close(end)
            except OSError: pass
        sys.exit(far.wait())
        """
}
