//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Crypto
import ExecnetCore
import ExecnetSystem
import Synchronization

/// An agent as it is planted: one static executable, or a dynamic one with its loader and all libraries.
///
/// On the far side each file lies in the cache directory under its hash. A static image is that file. A dynamic image is a folder of links
/// beside the files: `agent`, `loader` and one for each library; it is started through its loader, so nothing of the far system is used.
package struct AgentImage: Sendable {
    package let platform: Platform
    /// Whether it is the executable of this process, so that closures can be sent.
    package let isOwn: Bool
    package let entry: ImageFile
    /// Nil if it is static.
    package let loader: ImageFile?
    package let libraries: [(name: String, file: ImageFile)]
    /// Its name in the cache directory: 32 hexadecimal digits.
    package private(set) var id: String

    package var isStatic: Bool { loader == nil }

    /// All files to be sent, each once.
    package var files: [ImageFile] {
        var seen: Set<String> = []
        return ([entry] + (loader.map { [$0] } ?? []) + libraries.map(\.file)).filter { seen.insert($0.hash).inserted }
    }

    /// The links in a dynamic image's folder, and the hashes of the files beside it that they lead to; none for a static image.
    package var links: [(name: String, hash: String)] {
        guard let loader else { return [] }
        return [("agent", entry.hash), ("loader", loader.hash)] + libraries.map { ($0.name, $0.file.hash) }
    }

    /// How many bytes all files have together.
    package var size: Int { files.reduce(0) { $0 + $1.size } }

    /// The words that start it, when `directory` is the cache directory.
    package func words(in directory: String = ".") -> [String] {
        let path = "\(directory)/\(id)"
        return isStatic ? [path] : ["\(path)/loader", "--library-path", path, "\(path)/agent"]
    }

    /// The variables with which it tests itself instead of being an agent, when `directory` is the cache directory.
    package func selfTest(in directory: String = ".") -> [(name: String, value: String)] {
        [(SelfTest.variable, entry.selfTest)] + (isStatic ? [] : [(SelfTest.fileVariable, "\(directory)/\(id)/agent")])
    }

    // MARK: loading

    /// Reads an agent and all that it needs, once for all who ask.
    package static func load(_ path: String, isOwn: Bool) async throws -> AgentImage {
        let key = Key(path: path, isOwn: isOwn)
        let identity: FileIdentity
        do throws(SystemError) { identity = try FileIdentity(path: path) } catch {
            throw ImageFile.unreadable(path, error)
        }
        let once = images.withLock { images in
            // Libraries may have been replaced as well.
            if let known = images[key], known.identity == identity, known.once.known?.isCurrent != false {
                return known.once
            }
            let once = Once<AgentImage>()
            images[key] = (identity, once)
            return once
        }
        return try await once.value {
            Result { () throws(GatewayError) in try AgentImage(path, isOwn: isOwn) }
        }
    }

    private struct Key: Hashable {
        var path: String
        var isOwn: Bool
    }

    private static let images = Mutex<[Key: (identity: FileIdentity, once: Once<AgentImage>)]>([:])

    private var isCurrent: Bool { files.allSatisfy(\.isCurrent) }

    /// Blocks.
    private init(_ path: String, isOwn: Bool) throws(GatewayError) {
        let file: ELFFile
        do throws(ELFFile.Malformed) { file = try ELFFile(path: path) } catch {
            throw GatewayError(.noAgentImage, "The agent \"\(path)\" \(error).")
        }
        platform = file.platform
        self.isOwn = isOwn
        entry = try ImageFile.load(path)
        guard let interpreter = file.interpreter else {
            loader = nil
            libraries = []
            id = entry.hash
            return
        }
        guard file.platform == .current else {
            throw GatewayError(
                .noAgentImage,
                "The agent \"\(path)\" needs shared libraries of \(file.platform), which are not on this machine. Build it with "
                    + "-static-executable, which needs none."
            )
        }
        loader = try ImageFile.load(interpreter)
        var libraries: [(name: String, file: ImageFile)] = []
        for library in try AgentImage.libraries(of: path, isOwn: isOwn, loader: interpreter) {
            libraries.append((library.name, try ImageFile.load(library.path)))
        }
        // The loader's order is not the same when they were loaded already.
        self.libraries = libraries.sorted { $0.name < $1.name }
        id = ""
        id = ImageFile.name(ofText: links.map { "\($0.name) \($0.hash)\n" }.joined())
    }

    private static func libraries(
        of path: String,
        isOwn: Bool,
        loader: String
    ) throws(GatewayError) -> [SharedLibraries.Library] {
        var path = path
        if isOwn {
            // For the loader the running executable has another name, and libraries beside it are found from its own.
            path = ExecutablePath.resolvedRunning
            // It was replaced or removed: what it has loaded is what it needs.
            if (try? FileIdentity(path: path)) != (try? FileIdentity(path: ExecutablePath.running)) {
                return SharedLibraries.loaded(loader: loader)
            }
        }
        return try SharedLibraries.needed(by: path, loader: loader)
    }
}
