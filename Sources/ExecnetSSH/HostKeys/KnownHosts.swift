//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// What is recorded about hosts, from all the files that count.
struct KnownHosts: Sendable {
    /// Larger files and longer lines are nobody's work of a lifetime.
    enum Limit {
        static let file = 8 << 20
        static let line = 16 << 10
        /// So many lines of no use are kept for a report.
        static let unusable = 100
    }

    /// A line that cannot be used.
    struct Unusable: Sendable, Hashable, CustomStringConvertible {
        var file: String
        /// From 1.
        var line: Int
        var problem: KnownHostsLine.Problem

        var description: String { "\(file):\(line): \(problem.rawValue)" }
    }

    private struct Record: Sendable {
        var file: String
        var line: Int
        var content: KnownHostsLine
    }

    private var records: [Record] = []
    /// The first lines that say something which cannot be understood.
    private(set) var unusable: [Unusable] = []
    /// How many of these lines there are.
    private(set) var unusableCount = 0

    init() {}

    /// Reads the files; those that do not exist are empty. Blocks.
    ///
    /// A file that is there and cannot be read is an error: it may be the one that revokes a key.
    init(files: [String]) throws(HostKeyError) {
        for file in files {
            do throws(SystemError) {
                guard let content = try FileContent.read(file, limit: Limit.file) else { continue }
                add(content, from: file)
            } catch {
                throw .unreadableFile(path: file, why: "\(error)")
            }
        }
    }

    /// Adds the lines of a file.
    mutating func add(_ content: [UInt8], from file: String) {
        var rest = content[...]
        var number = 0
        while !rest.isEmpty {
            number += 1
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            add(line.last == UInt8(ascii: "\r") ? line.dropLast() : line, from: file, number)
        }
    }

    private mutating func add(_ line: ArraySlice<UInt8>, from file: String, _ number: Int) {
        do throws(KnownHostsLine.Problem) {
            guard line.count <= Limit.line else { throw .tooLong }
            guard let content = try KnownHostsLine(line) else { return }
            records.append(Record(file: file, line: number, content: content))
        } catch {
            unusableCount += 1
            guard unusable.count < Limit.unusable else { return }
            unusable.append(Unusable(file: file, line: number, problem: error))
        }
    }

    /// What the files say about this key of this host.
    ///
    /// A key that is recorded for the host without a port holds for its other ports, unless those have keys of their own.
    func lookup(_ name: HostName, _ key: HostKey) -> HostKeyVerdict {
        let here = records(of: name)
        let withoutPort = name.withoutPort.map { records(of: $0) } ?? []
        if let revoked = (here + withoutPort).first(where: { $0.content.marker == .revoked && $0.content.key == key }) {
            return .revoked(file: revoked.file, line: revoked.line)
        }
        let verdict = KnownHosts.verdict(here, key)
        guard verdict == .unknown(recordedTypes: []) else { return verdict }
        switch KnownHosts.verdict(withoutPort, key) {
        case .match: return .match
        case .authorityOnly: return .authorityOnly
        // What listens on another port may well be another server with another key.
        case .unknown, .changed, .revoked: return verdict
        }
    }

    /// What to ask the host for, before it has shown a key.
    func recordedTypes(_ name: HostName) -> RecordedTypes {
        let here = records(of: name)
        let withoutPort = name.withoutPort.map { records(of: $0) } ?? []
        let types = KnownHosts.types(here)
        return RecordedTypes(
            here: types,
            withoutPort: types.isEmpty ? KnownHosts.types(withoutPort) : [],
            hasAuthority: (here + withoutPort).contains { $0.content.marker == .authority }
        )
    }

    /// The lines that speak of a host, with file and number; what `ssh-keygen -F` prints.
    func lines(of name: HostName) -> [(file: String, line: Int)] { records(of: name).map { ($0.file, $0.line) } }

    private func records(of name: HostName) -> [Record] {
        let spelled = Array(name.description.utf8)
        return records.filter { $0.content.matches(spelled) }
    }

    private static func verdict(_ records: [Record], _ key: HostKey) -> HostKeyVerdict {
        let own = records.filter { $0.content.marker == nil }
        if own.contains(where: { $0.content.key == key }) { return .match }
        if let other = own.first(where: { $0.content.key.type == key.type }) {
            return .changed(file: other.file, line: other.line, recorded: other.content.key)
        }
        if own.isEmpty, records.contains(where: { $0.content.marker == .authority }) { return .authorityOnly }
        return .unknown(recordedTypes: types(records))
    }

    private static func types(_ records: [Record]) -> [String] {
        var types: [String] = []
        for record in records where record.content.marker == nil && !types.contains(record.content.key.type) {
            types.append(record.content.key.type)
        }
        return types
    }
}
