//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem
import ExecnetTestSupport
import Synchronization
import Testing

@testable import ExecnetSSH

struct AtomicAppendTests {
    private func append(_ text: String, to path: String, _ append: AtomicAppend = AtomicAppend()) throws
        -> AtomicAppend.Outcome
    {
        try append(path) { _ in Array(text.utf8) }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [("", "new\n"), ("old\n", "old\nnew\n"), ("old", "old\nnew\n"), ("old\r\n", "old\r\nnew\n")]
    )
    func additionsGetALineOfTheirOwn(old: String, new: String) async throws {
        try await withTemporaryFolder { folder in
            try writeFile(old, to: "\(folder)/file")
            #expect(try append("new\n", to: "\(folder)/file") == .appended)
            #expect(try text(of: "\(folder)/file") == new)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [0o644, 0o640, 0o600, 0o660] as [mode_t])
    func modeAndOwnerStay(mode: mode_t) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile("old\n", to: path, mode: mode)
            // Nobody but root can give a file away.
            let owner: uid_t = getuid() == 0 ? 12_345 : getuid()
            try #require(chown(path, owner, getuid() == 0 ? 54_321 : getgid()) == 0)
            var before = stat()
            try #require(stat(path, &before) == 0)
            #expect(try append("new\n", to: path) == .appended)
            var after = stat()
            try #require(stat(path, &after) == 0)
            #expect(after.st_mode == before.st_mode)
            #expect(after.st_uid == before.st_uid && after.st_gid == before.st_gid)
            // Replaced, not written to: a reader has all of it or nothing.
            #expect(after.st_ino != before.st_ino)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func linksStayAndLeadToTheNewContent() async throws {
        try await withTemporaryFolder { folder in
            try makeFolder("\(folder)/real")
            try makeFolder("\(folder)/links")
            try writeFile("old\n", to: "\(folder)/real/file")
            try #require(symlink("../real/file", "\(folder)/links/one") == 0)
            try #require(symlink("one", "\(folder)/links/two") == 0)
            try #require(symlink("../real/none", "\(folder)/links/dangling") == 0)
            #expect(try append("new\n", to: "\(folder)/links/two") == .appended)
            #expect(try append("new\n", to: "\(folder)/links/dangling") == .appended)
            #expect(try text(of: "\(folder)/real/file") == "old\nnew\n")
            #expect(try text(of: "\(folder)/real/none") == "new\n")
            #expect(names(in: "\(folder)/real") == ["file", "none"])
            for name in ["one", "two", "dangling"] {
                var information = stat()
                try #require(lstat("\(folder)/links/\(name)", &information) == 0)
                #expect(information.st_mode & S_IFMT == S_IFLNK)
            }
        }
    }

    /// As OpenSSH does it, at any moment.
    @Test(.timeLimit(.minutes(1)), arguments: [AtomicAppend.Moment.hasRead, .replaces])
    func whatOthersAppendWithoutALockStays(moment: AtomicAppend.Moment) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile("old\n", to: path)
            let isFirst = Atomic(true)
            let appending = AtomicAppend(stepIn: { now in
                guard now == moment, isFirst.exchange(false, ordering: .relaxed) else { return }
                guard let file = fopen(path, "a") else { return }
                fputs("theirs\n", file)
                fclose(file)
            })
            #expect(try append("ours\n", to: path, appending) == .appended)
            #expect(try lines(of: path).sorted() == ["old", "ours", "theirs"])
            #expect(names(in: folder) == ["file"])
        }
    }

    /// As `ssh-keygen -R` does it; the addition is asked for once more.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func aFileThatOthersReplaceOrRemoveIsReadAgain(isRemoved: Bool) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile("old\n", to: path)
            let isFirst = Atomic(true)
            let appending = AtomicAppend(stepIn: { now in
                guard now == .hasRead, isFirst.exchange(false, ordering: .relaxed) else { return }
                try? writeFile("new\n", to: "\(path)2")
                _ = isRemoved ? unlink(path) : rename("\(path)2", path)
            })
            var contents: [String] = []
            let outcome = try appending(path) { content in
                contents.append(String(decoding: content, as: UTF8.self))
                return Array("ours\n".utf8)
            }
            #expect(outcome == .appended)
            #expect(contents == (isRemoved ? ["old\n", ""] : ["old\n", "new\n"]))
            #expect(try text(of: path) == (isRemoved ? "ours\n" : "new\nours\n"))
            #expect(names(in: folder) == (isRemoved ? ["file", "file2"] : ["file"]))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aLockThatIsKeptEndsThePatience() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile("old\n", to: path)
            let holder = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
            defer { holder.close() }
            try #require(flock(holder.value, LOCK_EX) == 0)
            let error = #expect(throws: SystemError.self) {
                try append("new\n", to: path, AtomicAppend(patience: .milliseconds(20)))
            }
            #expect(error == SystemError("lock it", number: EBUSY))
            #expect(try text(of: path) == "old\n")
            flock(holder.value, LOCK_UN)
            #expect(try append("new\n", to: path) == .appended)
        }
    }

    /// What no user can do, so that root cannot either: first writing where no folder is any more, then replacing a folder.
    @Test(.timeLimit(.minutes(1)), arguments: [AtomicAppend.Moment.hasRead, .replaces])
    func afterAFailureNothingIsLeftAndTheFileIsUnlocked(moment: AtomicAppend.Moment) async throws {
        try await withTemporaryFolder { folder in
            try makeFolder("\(folder)/home")
            let path = "\(folder)/home/file"
            try writeFile("old\n", to: path)
            let appending = AtomicAppend(stepIn: { now in
                guard now == moment else { return }
                if now == .hasRead {
                    rename("\(folder)/home", "\(folder)/away")
                } else {
                    rename(path, "\(folder)/old")
                    mkdir(path, 0o700)
                }
            })
            let isAway = moment == .hasRead
            let expected =
                isAway
                ? SystemError("write in its folder", number: ENOENT) : SystemError("replace it", number: EISDIR)
            #expect(throws: expected) { try append("new\n", to: path, appending) }
            #expect(names(in: isAway ? "\(folder)/away" : "\(folder)/home") == ["file"])
            let old = Descriptor(owning: open(isAway ? "\(folder)/away/file" : "\(folder)/old", O_RDONLY | O_CLOEXEC))
            defer { old.close() }
            #expect(flock(old.value, LOCK_EX | LOCK_NB) == 0)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func nothingGrowsBeyondTheLimit() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile("12345\n", to: path)
            #expect(throws: SystemError("make it larger", number: EFBIG)) {
                try append("678\n", to: path, AtomicAppend(limit: 9))
            }
            #expect(throws: SystemError("read more than 5 bytes", number: EFBIG)) {
                try append("678\n", to: path, AtomicAppend(limit: 5))
            }
            #expect(try append("67\n", to: path, AtomicAppend(limit: 9)) == .appended)
            #expect(names(in: folder) == ["file"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func nothingIsWrittenWhereNothingIsToBeAdded() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/file"
            try writeFile("old\n", to: path)
            var before = stat()
            try #require(stat(path, &before) == 0)
            #expect(try AtomicAppend()(path) { _ in nil } == .unchanged)
            var after = stat()
            try #require(stat(path, &after) == 0)
            #expect(after.st_ino == before.st_ino)
        }
    }

    /// Not /dev/null itself, which a mistake would replace if we are root: a terminal cannot be replaced.
    @Test(.timeLimit(.minutes(1)))
    func aDeviceIsLeftAlone() throws {
        var numbers: (Int32, Int32) = (-1, -1)
        try #require(openpty(&numbers.0, &numbers.1, nil, nil, nil) == 0)
        let ends = [Descriptor(owning: numbers.0), Descriptor(owning: numbers.1)]
        defer { for end in ends { end.close() } }
        let path = String(cString: try #require(ttyname(numbers.1)))
        #expect(try append("new\n", to: path) == .discarded)
    }
}
