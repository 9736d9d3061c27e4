//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Testing

@testable import ExecnetLaunchers

/// Images as they are laid out in a cache directory and started there.
@Suite(.leavesNothingBehind)
struct AgentImageTests {
    @Test(.timeLimit(.minutes(1)))
    func aStaticImageIsOneFile() async throws {
        let image = try await AgentImage.load(staticExecutable, isOwn: false)
        #expect(image.isStatic)
        #expect(image.platform == .current)
        #expect(image.id == image.entry.hash)
        #expect(image.files.map(\.hash) == [image.id])
        #expect(image.links.isEmpty)
        #expect(image.words() == ["./\(image.id)"])
        #expect(image.size == image.entry.size)
        #expect(image.selfTest().map(\.name) == ["EXECNET_SELFTEST"])
    }

    @Test(.timeLimit(.minutes(1)))
    func theOwnImageHasItsLibrariesAndOneName() async throws {
        let image = try await AgentImage.load(ExecutablePath.running, isOwn: true)
        #expect(!image.isStatic)
        #expect(image.libraries.contains { $0.name == "libswiftCore.so" })
        #expect(image.libraries.contains { $0.name == "libc.so.6" })
        #expect(!image.libraries.contains { $0.name.hasPrefix("linux-vdso") })
        #expect(image.links.map(\.name).starts(with: ["agent", "loader"]))
        #expect(Set(image.links.map(\.name)).count == image.links.count)
        #expect(image.id.count == 32)
        #expect(image.id != image.entry.hash)
        #expect(image.size == image.files.reduce(0) { $0 + $1.size })
        #expect(try await AgentImage.load(ExecutablePath.running, isOwn: true).entry === image.entry)
        // What is loaded is what the loader says, apart from what came later.
        let loaded = SharedLibraries.loaded(loader: try #require(image.loader).path)
        #expect(Set(loaded.map(\.name)).isSuperset(of: image.libraries.map(\.name)))
    }

    @Test(.timeLimit(.minutes(1)))
    func aPlantedImageTestsItself() async throws {
        let image = try await AgentImage.load(ExecutablePath.running, isOwn: true)
        try await withTemporaryFolder { folder in
            try image.plant(in: folder)
            let words = image.words(in: folder)
            let good = try await run(words, variables: image.selfTest(in: folder))
            #expect(good.text == "ok\n")
            #expect(good.status == .exited(0))

            // A byte behind everything that is executed.
            let file = "\(folder)/\(image.entry.hash)"
            var content = try bytes(of: file)
            content[content.count - 1] ^= 1
            try writeFile(content, to: file, mode: 0o700)
            let changed = try await run(words, variables: image.selfTest(in: folder))
            #expect(changed.status == .exited(3))
            #expect(changed.text.contains("/agent\" has the checksum "))

            try writeFile(content, [0], to: file, mode: 0o700)
            let longer = try await run(words, variables: image.selfTest(in: folder))
            #expect(longer.status == .exited(3))
            #expect(longer.text.contains("has \(content.count + 1) bytes instead of \(content.count)."))

            let odd = try await run(words, variables: [("EXECNET_SELFTEST", "x")])
            #expect(odd.status == .exited(3))
            #expect(odd.text.contains("SIZE CRC32"))

            let none = try await run(words, variables: image.selfTest(in: "\(folder)/none"))
            #expect(none.status == .exited(3))
            #expect(none.text.contains("No such file"))
        }
    }

    /// Without the name of a file it is the executable, which is the loader here only for the kernel.
    @Test(.timeLimit(.minutes(1)))
    func aProgramStartedThroughItsLoaderKnowsItsFile() async throws {
        let image = try await AgentImage.load(ExecutablePath.running, isOwn: true)
        try await withTemporaryFolder { folder in
            try image.plant(in: folder)
            let answer = try await run(
                image.words(in: folder),
                variables: [("EXECNET_SELFTEST", image.entry.selfTest)]
            )
            #expect(answer.text == "ok\n")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPlantedImageRunsClosures() async throws {
        let image = try await AgentImage.load(ExecutablePath.running, isOwn: true)
        try await withTemporaryFolder { folder in
            try image.plant(in: folder)
            let gateway = try await open(image.words(in: folder))
            let answer = try await gateway.remoteCall(41) { $0 + 1 }
            #expect(answer == 42)
            #expect(try await gateway.info().executable.hasSuffix("/\(image.entry.hash)"))
            await gateway.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aProgramWhoseFileIsGoneStillGivesItsImage() async throws {
        let image = try await AgentImage.load(ExecutablePath.running, isOwn: true)
        try await withTemporaryFolder { folder in
            let path = "\(folder)/program"
            try writeFile(try bytes(of: ExecutablePath.running), to: path, mode: 0o700)
            let gateway = try await open([path])
            try #require(unlink(path) == 0)
            try writeFile([1, 2, 3], to: path)
            let found = try await gateway.remoteCall(ExecutablePath.running) { path in
                let image = try await AgentImage.load(path, isOwn: true)
                let content = try image.entry.content()
                return image.links.map { "\($0.name) \($0.hash)" } + ["\(content.size) \(image.entry.selfTest)"]
            }
            let expected = image.links.map { "\($0.name) \($0.hash)" } + ["\(image.entry.size) \(image.entry.selfTest)"]
            #expect(Set(found).isSuperset(of: expected))
            await gateway.close()
        }
    }

    /// As `dpkg` does with libraries while a coordinator runs.
    @Test(.timeLimit(.minutes(1)))
    func aReplacedLibraryMakesANewImage() async throws {
        try await withTemporaryFolder { folder in
            let own = try await AgentImage.load(ExecutablePath.running, isOwn: true)
            let library = try #require(own.libraries.first { $0.name == "libz.so.1" }).file
            let copy = "\(folder)/libz.so.1"
            try writeFile(try bytes(of: library.content()), to: copy, mode: 0o700)
            setenv("LD_LIBRARY_PATH", folder, 1)
            defer { unsetenv("LD_LIBRARY_PATH") }
            let program = "\(folder)/program"
            try writeFile(try bytes(of: own.entry.content()), to: program, mode: 0o700)
            let first = try await AgentImage.load(program, isOwn: false)
            #expect(first.libraries.first { $0.name == "libz.so.1" }?.file.path == copy)
            #expect(first.links.map(\.hash).sorted() == own.links.map(\.hash).sorted())
            try writeFile(try bytes(of: library.content()), [0], to: copy, mode: 0o700)
            let second = try await AgentImage.load(program, isOwn: false)
            #expect(second.id != first.id)
            #expect(second.entry === first.entry)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatCannotBeSentIsSaid() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/agent"
            await expectGatewayError(.noAgentImage, path, "No such file") {
                try await AgentImage.load(path, isOwn: false)
            }
            try writeFile(Array("#!/bin/sh\n".utf8), to: path, mode: 0o700)
            await expectGatewayError(.noAgentImage, path, "is not an ELF executable") {
                try await AgentImage.load(path, isOwn: false)
            }
            var program = try bytes(of: ExecutablePath.running)
            program[18] = 183
            try writeFile(program, to: path, mode: 0o700)
            await expectGatewayError(.noAgentImage, path, "linux-aarch64", "-static-executable") {
                try await AgentImage.load(path, isOwn: false)
            }
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("\tlibx.so.1 => not found\n", "libx.so.1 => not found"),
            ("\t/opt/x/libx.so (0x1)\n", "/opt/x/libx.so at exactly that place"),
            ("\tli'bx.so => /lib/li'bx.so (0x1)\n", "li'bx.so"), ("\tagent => /lib/agent (0x1)\n", "agent"),
        ]
    )
    func librariesThatCannotBeSentAreSaid(text: String, part: String) {
        do throws(SharedLibraries.ListError) {
            _ = try SharedLibraries.parse(text, loader: "/lib/ld.so")
            Issue.record("no error")
        } catch {
            #expect(error.text.contains(part))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func listsOfOtherLoadersAreRead() throws {
        let glibc = "\tlinux-vdso.so.1 (0x1)\n\tlibz.so.1 => /lib/libz.so.1 (0x2)\n\t/lib64/ld.so (0x3)\n"
        let libraries = [SharedLibraries.Library(name: "libz.so.1", path: "/lib/libz.so.1")]
        #expect(try SharedLibraries.parse(glibc, loader: "/lib64/ld.so") == libraries)
        let musl = "\t/lib/ld.so (0x1)\n\tlibz.so.1 => /lib/libz.so.1 (0x2)\n\tlibc.musl.so.1 => /lib/ld.so (0x1)\n"
        #expect(try SharedLibraries.parse(musl, loader: "/lib/ld.so") == libraries)
    }

    private func open(_ words: [String]) async throws -> Gateway {
        var plan = ProcessPlan(executable: words[0], arguments: words)
        plan.markAsAgent(of: "planted")
        var configuration = GatewayConfiguration()
        configuration.output = .discard
        return try await Gateway.start(
            id: "planted",
            spec: "planted",
            stream: try LocalProcess(starting: plan).stream,
            configuration: configuration
        )
    }
}
