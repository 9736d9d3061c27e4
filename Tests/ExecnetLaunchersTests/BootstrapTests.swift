//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetSystem
import ExecnetTestSupport
import Synchronization
import Testing

@testable import ExecnetLaunchers

/// How an agent gets there, when the far side does as it is told. No bytes move here.
@Suite(.leavesNothingBehind)
struct BootstrapTests {
    private let directory = Conversation.directory

    @Test(.timeLimit(.minutes(1)))
    func aCachedImageIsStartedWithoutAQuestion() async throws {
        try await withImages([1], [2]) { images in
            var far = Conversation(images) { plan in
                plan.environment = ["B": "it's\n100 %", "A": "ä\\n"]
                plan.directory = "/a b"
                plan.nice = 5
            }
            #expect(far.bootstrap.plan.hint == images[0].id)
            #expect(try far.output().isEmpty)
            try await far.hear("have \(images[0].id) 4711 /home/a  b/.execnet-0")
            #expect(
                try far.lines() == [
                    "set EXECNET_CACHE %/home/a\\0040\\0040b/.execnet-0", "set EXECNET_CACHE_IMAGE \(images[0].id)",
                    "nice 5", "file \(images[0].id)", "word %agent\\0133gw\\0135",
                    "set A %\\0303\\0244\\0134n", "set B %it\\0047s\\0012100\\0040\\0045", "cd %/a\\0040b", "run",
                ]
            )
            #expect(far.bootstrap.isSaid && !far.bootstrap.isDone)
            try await far.hear("run")
            #expect(far.bootstrap.isDone)
            #expect(far.report.usedCache)
            #expect(far.report.notes.isEmpty)
        }
    }

    /// Another program may have planted it, and it cannot do what the best can.
    @Test(.timeLimit(.minutes(1)))
    func aWorseImageThatIsCachedIsNotStartedBeforeABetterOne() async throws {
        try await withImages([1], [2]) { images in
            var far = Conversation(images)
            try await far.hear("have \(images[1].id) 4711 /home/a/.execnet-0")
            #expect(try far.lines().isEmpty)
            try await far.hear(Conversation.bare)
            #expect(try far.lines().last == "need \(images[0].id)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func anImageIsSentTestedKeptAndStarted() async throws {
        try await withImages(Array(0...255)) { images in
            var far = Conversation(images)
            let hash = images[0].id
            try await far.hear(Conversation.bare)
            #expect(try far.lines() == ["drop", "dir #!/bin/sh", "need \(hash)"])
            try await far.hear("no absent /x/.execnet-0:", "dir \(directory)", "need \(hash)")
            let content = try await bytes(of: images[0].entry.compressedContent())
            #expect(try far.output() == Array("take \(hash) \(content.count) gz\n".utf8) + content)
            try await far.hear("got", "took \(hash)")
            #expect(try far.lines() == ["temp \(hash)", "test \(images[0].entry.selfTest) \(hash)"])
            try await far.hear("test 0 ok")
            let last = try far.lines()
            #expect(last.starts(with: ["keep \(hash)", "drop", "set EXECNET_CACHE \(directory)"]))
            #expect(last.suffix(3) == ["file \(hash)", "word %agent\\0133gw\\0135", "run"])
            try await far.hear("run")
            #expect(!far.report.usedCache)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func withoutGzipTheFileIsSentAsItIs() async throws {
        try await withImages(Array(0...255)) { images in
            var far = Conversation(images)
            let said = try await far.upload(images[0].id, "probe 7 Linux \(Platform.current.machine) 64 0 0 ")
            let content = try bytes(of: images[0].entry.content())
            #expect(said == Array("take \(images[0].id) \(content.count) raw\n".utf8) + content)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aDynamicImageIsAFolderOfLinks() async throws {
        let image = try await AgentImage.load(ExecutablePath.running, isOwn: true)
        var far = Conversation([image])
        try await far.hear(Conversation.bare)
        #expect(try far.lines().last == "need \(image.files.map(\.hash).joined(separator: " "))")
        // All but one file are there.
        let file = try #require(image.files.min { $0.size < $1.size })
        try await far.hear("dir \(directory)", "need \(file.hash)")
        #expect(String(decoding: try far.output().prefix(64), as: UTF8.self).hasPrefix("take \(file.hash) "))
        try await far.hear("took \(file.hash)")
        let said = try far.lines()
        #expect(said.first == "keep \(file.hash)")
        #expect(
            said.dropFirst().prefix(image.links.count)
                == image.links.map { "link \(image.id) \($0.name) \($0.hash)" }[...]
        )
        #expect(
            said.suffix(5) == [
                "temp \(image.id)/loader", "word --library-path", "temp \(image.id)", "temp \(image.id)/agent",
                "test \(image.entry.selfTest) \(image.id)/agent",
            ]
        )
        try await far.hear("test 0 ok")
        let last = try far.lines()
        #expect(last.first == "keep \(image.id)")
        #expect(last.contains("file \(image.id)/loader"))
    }

    /// Bytes come in pieces of any size; what follows the last line is the multiplexer's.
    @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 7, 1_000])
    func linesComeInPieces(size: Int) async throws {
        try await withImages([1]) { images in
            var far = Conversation(images)
            let mark = Conversation.nonce
            let noise = "Welcome!\r\n\(mark)\nx\(mark) have\n"
            var text = Array("\(noise)\n\(mark) have \(images[0].id) 1 /c/.execnet-0\r\n\(mark) run\n".utf8)
            let own = text.count
            text += [0, 1, 2, 10, 3]
            var used = 0
            while used < text.count, !far.bootstrap.isDone {
                used += try far.hear(bytes: Array(text[used..<min(used + size, text.count)]))
            }
            #expect(far.bootstrap.isDone)
            #expect(used == own)
            #expect(try far.hear(bytes: Array(text[used...])) == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func progressGrowsToTheTotal() async throws {
        let image = try await AgentImage.load(staticExecutable, isOwn: false)
        let seen = Mutex<[(Int, Int)]>([])
        var far = Conversation([image]) { plan in
            plan.progress = { sent, total in seen.withLock { $0.append((sent, total)) } }
        }
        let said = try await far.upload(image.id)
        let steps = seen.withLock { $0 }
        let total = said.count - Int(try #require(said.firstIndex(of: 10))) - 1
        #expect(steps.count == (total + Upload.pieceSize - 1) / Upload.pieceSize)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.0 < $1.0 })
        #expect(steps.allSatisfy { $0.1 == total })
        #expect(steps.last?.0 == total)
    }

    /// Where a program reads ahead, what is sent before it is asked for would be lost, and the coordinator would not hear that bytes arrive.
    @Test(.timeLimit(.minutes(1)))
    func blocksWaitForEachOtherWhereTooMuchIsTaken() async throws {
        try await withImages([UInt8](repeating: 7, count: 3 * Upload.blockSize)) { images in
            let hash = images[0].id
            var far = Conversation(images)
            let said = try await far.upload(hash, "probe 7 Linux \(Platform.current.machine) 64 0 1 ")
            let size = images[0].entry.size
            let head = "take \(hash) \(size) raw\n".utf8.count
            #expect(said.count == head + Upload.blockSize)
            for count in [Upload.blockSize, Upload.blockSize, size - 3 * Upload.blockSize] {
                #expect(try far.output().isEmpty)
                try await far.hear("got")
                #expect(try far.output().count == count)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func thePythonAgentIsStartedByItsCommand() async throws {
        var far = Conversation([]) { plan in
            plan.choice = .python(["sudo", "-n", "python3"])
            plan.environment = ["A": "1"]
            plan.nice = -1
        }
        #expect(far.bootstrap.plan.hint == nil)
        try await far.hear(Conversation.python)
        let said = try far.output()
        let text = String(decoding: said.dropLast(PythonAgent.source.count), as: UTF8.self)
        #expect(text.hasPrefix("drop\nnice -1\nword sudo\nword -n\nword python3\nword -u\nword -c\nword %import"))
        #expect(text.hasSuffix("\nset A 1\nrun\n"))
        #expect(said.suffix(PythonAgent.source.count) == PythonAgent.source[...])
        try await far.hear("run")
        #expect(far.bootstrap.isDone)
    }

    /// Whatever is printed while images are looked for.
    @Test(.timeLimit(.minutes(1)))
    func imagesAreLookedForOnce() async throws {
        try await withImages([1]) { images in
            var far = Conversation(images)
            try far.hear(bytes: Array("\(Conversation.nonce) \(Conversation.bare)\n".utf8))
            let work = far.bootstrap.nextWork()
            #expect(work != nil)
            try far.hear(bytes: Array("noise\n".utf8))
            #expect(far.bootstrap.nextWork() == nil)
        }
    }
}
