//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// A server made with Python's AsyncSSH, for what neither OpenSSH's nor Dropbear does: it asks several questions in one request.
extension SSHServer {
    /// Runs a server that lets in whoever answers all of `questions`, which it asks together.
    ///
    /// - Parameter questions: each with its right answer.
    package static func withQuestions<R>(
        _ questions: [(prompt: String, answer: String)],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (SSHServer) async throws -> R
    ) async throws -> R {
        try await withTemporaryFolder { folder in try await serve(startScripted(questions, in: folder), body) }
    }

    private static func startScripted(
        _ questions: [(prompt: String, answer: String)],
        in folder: String
    ) async throws -> SSHServer {
        guard let python = ProcessPlan.currentEnvironment["EXECNET_TEST_PYTHON"] else {
            throw TestProgram.Failure(description: "run the tests by make test")
        }
        let home = home(in: folder)
        try makeFolder(home)
        let hostKey = try await SSHKey.make(at: folder + "/host_key")
        let clientKey = try await SSHKey.make(at: folder + "/client_key")
        let pairs = questions.map { "\($0.prompt)=\($0.answer)" }
        return try await start(
            in: folder,
            hostKeys: [hostKey.publicKey],
            clientKey: clientKey,
            readiness: Readiness(
                isReady: { $0 == "listening" },
                isPortTaken: { $0.hasSuffix("address already in use") }
            )
        ) { port in
            try TestProgram.start(
                python,
                ["-c", script, "\(port)", hostKey.path, WrappedAccount.user, home] + pairs,
                mark: "HOME=\(home)"
            )
        }
    }

    private static let script = """
        import asyncio, sys
        import asyncssh

        port, host_key, user, home, *pairs = sys.argv[1:]
        questions = [pair.rsplit("=", 1) for pair in pairs]

        class Server(asyncssh.SSHServer):
            def kbdint_auth_supported(self):
                return True

            def get_kbdint_challenge(self, username, lang, submethods):
                return "", "Who are you?", "", [(prompt, False) for prompt, _ in questions]

            def validate_kbdint_response(self, username, responses):
                return username == user and list(responses) == [answer for _, answer in questions]

        async def run(process):
            pipe = asyncio.subprocess.PIPE
            child = await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", process.command, cwd=home, env={"HOME": home, "PATH": "/usr/bin:/bin"},
                stdin=pipe, stdout=pipe, stderr=pipe)
            await process.redirect(stdin=child.stdin)
            # All that the child says goes before its status.
            await asyncio.gather(pass_on(child.stdout, process.stdout), pass_on(child.stderr, process.stderr))
            process.exit(await child.wait())

        async def pass_on(source, target):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()

        async def main():
            await asyncssh.create_server(
                Server, "127.0.0.1", int(port), server_host_keys=[host_key], process_factory=run, encoding=None)
            print("listening", flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
        """
}
