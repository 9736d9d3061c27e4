//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem

/// The directory that this agent's executable was put into, and is kept in for the next time. The agent keeps it tidy.
///
/// Images lie there under their hashes: a static one as a file, a dynamic one as a folder of links to files beside it.
package struct AgentCache: Sendable {
    /// Where the directory is, and which image this agent is of.
    package static let directoryVariable = "EXECNET_CACHE"
    package static let imageVariable = "EXECNET_CACHE_IMAGE"

    /// What was not used for so long is deleted, apart from the newest images.
    static let unusedLimit = 30 * day
    static let keptImages = 3
    static let temporaryLimit = day
    private static let day = 24 * 60 * 60

    private let directory: String
    private let image: String

    /// Nil if this agent was not planted. What it starts must not take itself for planted.
    static func takeFromEnvironment() -> AgentCache? {
        defer {
            unsetenv(directoryVariable)
            unsetenv(imageVariable)
        }
        guard let directory = getenv(directoryVariable), let image = getenv(imageVariable) else { return nil }
        return AgentCache(directory: String(cString: directory), image: String(cString: image))
    }

    /// Nil if the names are not of our form: nothing is ever deleted in a directory that is not a cache of ours by its name.
    package init?(directory: String, image: String) {
        let path = directory.split(separator: "/").last.map(String.init)
        guard path == ".execnet-\(geteuid())", CacheName.isHash(image) else { return nil }
        self.directory = directory
        self.image = image
    }

    /// Tidies up on a thread of its own, when nothing else wants to run.
    func start() {
        // If there can be no thread now, another agent will do it.
        try? SystemThread.start(name: "execnet-cache") {
            execnet_lower_thread_priority()
            tidyUp()
        }
    }

    /// Notes that the image was used now, and deletes what was not used for long. Any number of agents may do so at the same time.
    package func tidyUp() {
        guard let folder = CacheFolder(path: directory), let now = markAsUsed(in: folder) else { return }
        guard let entries = folder.entries() else { return }
        for entry in entries where CacheName.isTemporary(entry.name) {
            guard now - entry.modified > AgentCache.temporaryLimit else { continue }
            if entry.kind == .file { folder.remove(entry) }
            if entry.kind == .folder, folder.links(of: entry) != nil { folder.removeFolder(entry) }
        }
        deleteUnused(entries.filter { CacheName.isHash($0.name) }, now, in: folder)
    }

    /// The time by the clock of the file system, which may be another machine's. Nil if the image is not there.
    private func markAsUsed(in folder: CacheFolder) -> Int? {
        guard let entry = folder.entry(image), folder.touch(entry) else { return nil }
        if entry.kind == .folder {
            for name in folder.links(of: entry) ?? [] {
                if let file = folder.entry(name), file.kind == .file { _ = folder.touch(file) }
            }
        }
        return folder.entry(image)?.modified
    }

    private func deleteUnused(_ entries: [CacheFolder.Entry], _ now: Int, in folder: CacheFolder) {
        var linked: [String: Set<String>] = [:]
        // What foreign folders lead to is none of ours to judge.
        for entry in entries where entry.kind == .folder { linked[entry.name] = folder.links(of: entry) }
        let inFolders = linked.values.reduce(into: Set()) { $0.formUnion($1) }
        var images = entries.filter { $0.kind == .folder ? linked[$0.name] != nil : !inFolders.contains($0.name) }
        images.sort { ($0.modified, $0.name) > ($1.modified, $1.name) }

        let unused = images.dropFirst(AgentCache.keptImages).filter {
            $0.name != image && now - $0.modified > AgentCache.unusedLimit
        }
        for entry in unused {
            // It may have been used since.
            guard let entry = folder.entry(entry.name), now - entry.modified > AgentCache.unusedLimit else { continue }
            switch entry.kind {
            case .file: folder.remove(entry)
            case .folder: if folder.removeFolder(entry) { linked[entry.name] = nil }
            }
        }
        // Files of the folders that are gone, unless others lead to them too.
        let stillLinked = linked.values.reduce(into: Set()) { $0.formUnion($1) }
        for name in inFolders.subtracting(stillLinked) {
            guard let file = folder.entry(name), file.kind == .file else { continue }
            if now - file.modified > AgentCache.unusedLimit { folder.remove(file) }
        }
    }
}
