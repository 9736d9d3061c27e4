//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSSH
import ExecnetSystem
import NIOPosix

/// What tells this run of the tests from everything else on the machine.
package enum TestRun {
    /// In the environment of every process that the tests start, agents and what those start included.
    package static let variable = "EXECNET_TEST_PROCESS"
    /// A folder of this run only, where all its processes put their temporary files.
    package static let temporaryFolder: String = {
        var template = Array("/tmp/execnet-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return "/tmp" }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        atexit { rmdir(TestRun.temporaryFolder) }
        return path
    }()

    /// Where agents are planted, by all tests of this run.
    package static let cacheFolder: String = {
        let path = temporaryFolder + "-cache"
        mkdir(path, 0o700)
        atexit { removeTree(TestRun.cacheFolder) }
        return path
    }()

    private static let mark = "\(UInt64.random(in: 0 ... .max))"

    /// Marks this process, and starts the threads and descriptors that it keeps for its life. Must come before the first test.
    package static func prepare() { _ = isPrepared }

    private static let isPrepared: Bool = {
        setenv(variable, mark, 1)
        setenv("TMPDIR", temporaryFolder, 1)
        setenv("XDG_CACHE_HOME", cacheFolder, 1)
        // NIO's own threads and their descriptors, which last as long as the process.
        _ = MultiThreadedEventLoopGroup.singleton.next()
        // libssh2 is given a descriptor that it looks at.
        _ = SSHLibrary.obstacle
        return (try? PollerThread.shared()) != nil
    }()

    /// Processes of this run that still exist, zombies too.
    package static var processes: Set<Int32> {
        Set(ProcessTree.descendants(of: getpid(), marked: "\(variable)=\(mark)"))
    }
}
