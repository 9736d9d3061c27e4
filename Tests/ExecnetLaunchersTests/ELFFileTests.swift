//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetLaunchers
import ExecnetSystem
import ExecnetTestSupport
import Testing

@Suite(.leavesNothingBehind)
struct ELFFileTests {
    @Test(.timeLimit(.minutes(1)))
    func aStaticExecutableHasNoLoader() throws {
        let file = try ELFFile(path: staticExecutable)
        #expect(file.platform == .current)
        #expect(file.isStatic)
        #expect(file.is64Bit == (Int.bitWidth == 64))
        #expect(file.isLittleEndian)
    }

    @Test(.timeLimit(.minutes(1)))
    func aDynamicExecutableNamesItsLoader() throws {
        let file = try ELFFile(path: ExecutablePath.running)
        #expect(file.platform == .current)
        let loader = try #require(file.interpreter)
        #expect(access(loader, X_OK) == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func otherFilesAreRefusedByWhatTheyAre() async throws {
        try await withTemporaryFolder { folder in
            try writeFile(Array("#!/bin/sh\n".utf8), to: "\(folder)/script")
            #expect(reason("\(folder)/script") == "is not an ELF executable")
            try writeFile([], to: "\(folder)/empty")
            #expect(reason("\(folder)/empty") == "is not an ELF executable")
            #expect(reason(folder) == "is not a file")
            #expect(reason("\(folder)/none") == "cannot be read (No such file or directory)")
            var object = try bytes(of: staticExecutable)
            object[16] = 1
            try writeFile(object, to: "\(folder)/object")
            #expect(reason("\(folder)/object") == "is not an executable, but an object file or a library")
            object[16] = 2
            object[18] = 0xee
            try writeFile(object, to: "\(folder)/alien")
            #expect(reason("\(folder)/alien")?.contains("machine that is not known") == true)
        }
    }

    private func reason(_ path: String) -> String? {
        do throws(ELFFile.Malformed) {
            _ = try ELFFile(path: path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [staticExecutable, ExecutablePath.running])
    func everyTruncationOfTheFirstPageIsAnError(path: String) throws {
        let page = try firstPage(path)
        for count in 0...page.count {
            #expect(throws: ELFFile.Malformed.self) { try ELFFile(Array(page.prefix(count))) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func randomBytesAreNeverMoreThanAnError() throws {
        var generator = SystemRandomNumberGenerator()
        let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
        for round in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...256, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            // Half of them get past the first look, and half of those past the second.
            if round % 2 == 0, bytes.count >= 20 {
                bytes.replaceSubrange(0..<6, with: magic + [UInt8.random(in: 1...2), UInt8.random(in: 1...2)])
                if round % 4 == 0 { bytes.replaceSubrange(16..<20, with: [2, 0, 62, 0]) }
            }
            _ = try? ELFFile(bytes)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [staticExecutable, ExecutablePath.running])
    func damagedHeadersAreNeverMoreThanAnError(path: String) throws {
        let page = try firstPage(path)
        for _ in 0..<5_000 {
            var damaged = page
            for _ in 0..<Int.random(in: 1...4) {
                // Among them lengths and places beyond any file.
                let byte = [0, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255)].randomElement() ?? 0
                damaged[Int.random(in: 0..<1_024)] = byte
            }
            _ = try? ELFFile(damaged)
        }
    }

    private func firstPage(_ path: String) throws -> [UInt8] { Array(try bytes(of: path).prefix(4_096)) }
}
