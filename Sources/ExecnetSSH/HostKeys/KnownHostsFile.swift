//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// The file that keys of new hosts are written to.
struct KnownHostsFile: Sendable {
    enum Outcome: Sendable, Hashable {
        case recorded
        /// Somebody was faster, with the same key.
        case alreadyRecorded
        /// The path leads to a device (`UserKnownHostsFile /dev/null`).
        case discarded
    }

    let path: String
    /// HashKnownHosts: whether the file tells nobody which hosts they are.
    var hashesNames = false
    var append = AtomicAppend()

    /// Writes a key down that has been accepted. Blocks.
    ///
    /// What the file says is looked up once more: another key may have been recorded since, and then this one is refused. Any other
    /// error says that the key is good and the file is not: the connection can go on, if its user gets to know.
    func record(_ key: HostKey, of name: HostName) throws(HostKeyError) -> Outcome {
        guard name.canBeRecorded else { throw notRecorded("\"\(name)\" is no name of one host", nil) }
        let line = self.line(for: key, of: name)
        var verdict = HostKeyVerdict.match
        let outcome: AtomicAppend.Outcome
        do throws(SystemError) {
            outcome = try append(path) { content in
                verdict = lookup(key, of: name, in: content)
                return verdict == .unknown(recordedTypes: []) ? Array("\(line)\n".utf8) : nil
            }
        } catch {
            throw notRecorded("\(error)", line)
        }
        switch outcome {
        case .appended: return .recorded
        case .discarded: return .discarded
        case .unchanged:
            let check = HostKeyCheck(name: name, key: key, verdict: verdict, file: path)
            if case .refuse(let refusal) = check.decision(.strict) { throw .refused(refusal) }
            return .alreadyRecorded
        }
    }

    /// The line for a key of a host.
    func line(for key: HostKey, of name: HostName) -> String {
        guard hashesNames else { return "\(name) \(key.text)" }
        var generator = SystemRandomNumberGenerator()
        return "\(HashedHostName(of: name, using: &generator)) \(key.text)"
    }

    private func lookup(_ key: HostKey, of name: HostName, in content: [UInt8]) -> HostKeyVerdict {
        var known = KnownHosts()
        known.add(content, from: path)
        return known.lookup(name, key)
    }

    private func notRecorded(_ why: String, _ line: String?) -> HostKeyError {
        .notRecorded(path: path, why: why, line: line)
    }
}
