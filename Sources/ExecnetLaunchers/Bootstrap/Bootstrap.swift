//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
import ExecnetSystem
package import ExecnetWire

/// The coordinator's end of stage 0: finds out what the far side can run, sends what it lacks, and has it started.
///
/// Agents are tried in order, native ones first; each in the first directory that takes it. The text that goes to and fro is described in
/// `bootstrap/stage0.sh`.
package struct Bootstrap: Prologue {
    enum Phase {
        /// Waits for the first line with the nonce.
        case greeting
        /// Images for the far platform are looked for.
        case searching
        /// Waits to hear which directory there is, and what is missing in it.
        case choosing
        /// The next missing file is being read and compressed.
        case preparing
        /// Waits until a file has arrived.
        case uploading
        /// Waits for the result of the self-test.
        case testing
        /// Waits for the word that the agent takes over.
        case starting
        case done
    }

    /// What the first line tells about the far side.
    struct Machine {
        var process = ""
        var system = ""
        var hardware = ""
        var bits = 0
        var platform: Platform? { Platform(system: system, machine: hardware, bits: bits) }
        var hasGzip = false
        /// Whether what is sent before it is asked for may be lost.
        var takesTooMuch = false
        var python: String?
    }

    private enum Work: Sendable {
        case images(BootstrapPlan.Images)
        case content(Result<Upload, GatewayError>)
    }

    let plan: BootstrapPlan
    var phase = Phase.greeting
    var noise = Noise()
    var machine = Machine()
    /// Images still to be tried, the current one first.
    var candidates: [AgentImage] = []
    var directory = ""
    /// Hashes of files still to be sent for the current image.
    var missing: [String] = []
    /// Whether files of the current image were found in the cache: if it does not work, they may be to blame.
    var usedCache = false
    var ignoresCache = false
    /// Whether files of the current image were sent.
    var wasSent = false
    /// Whether the image was in the cache before anything was asked.
    var startedFromHint = false
    var upload: Upload?
    /// What went wrong with a file of the current image that had arrived.
    var spoiled: String?
    /// Directories that are of no use, and why.
    var refusals: [String] = []
    /// Why agents that were tried do not run.
    var attempts: [String] = []
    /// How many of them were no agents for this platform.
    private var unfit = 0
    var triedImage = false
    var startedPython = false
    private var lines = LineSplitter()
    var output: [UInt8] = []
    /// What every line of stage 0 begins with.
    private let mark: [UInt8]
    private var wantsImages = false
    private var wantsContent = false
    /// How many lines the far side has said.
    package private(set) var steps = 0
    /// Many more than there are files, directories and pieces of an upload; to nobody who says more is listened.
    private static let mostSteps = 1_000_000
    private static let mostRefusals = 100
    private let report: BootstrapReport

    /// - Parameter request: what somebody on the way has to read first.
    package init(_ plan: BootstrapPlan, report: BootstrapReport = BootstrapReport(), request: [UInt8] = []) {
        self.plan = plan
        mark = Array("\(plan.nonce) ".utf8)
        self.report = report
        output = request
    }

    package var isDone: Bool { phase == .done }
    package var isSaid: Bool { (phase == .starting || phase == .done) && output.isEmpty }

    // MARK: bytes

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> Int {
        var used = 0
        report.heard()
        // Line by line, because what follows the last one is not ours.
        while used < bytes.count, !isDone {
            let rest = bytes[used...]
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
            var complete: [[UInt8]] = []
            lines.append(UnsafeRawBufferPointer(rebasing: rest[..<end])) { complete.append($0) }
            used = end
            for line in complete { try take(line) }
        }
        return used
    }

    private mutating func take(_ line: [UInt8]) throws(GatewayError) {
        let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
        guard text.starts(with: mark) else {
            noise.add(line)
            guard noise.size > Noise.limit else { return }
            throw error(.noiseWithoutAnswer, "The far side printed \(noise.size) bytes, but no answer.\(noise.quote)")
        }
        steps += 1
        guard steps <= Bootstrap.mostSteps, refusals.count <= Bootstrap.mostRefusals else {
            throw error(.startFailed, "The far side says too much for a shell.")
        }
        defer { report.note(self) }
        try answer(String(decoding: text.dropFirst(mark.count), as: UTF8.self))
    }

    package mutating func nextOutput() throws(GatewayError) -> WireBytes? {
        if !output.isEmpty {
            defer { output = [] }
            return WireBytes(output)
        }
        guard phase == .uploading, let piece = try upload?.nextPiece() else { return nil }
        plan.progress?(upload?.sent ?? 0, upload?.content.size ?? 0)
        return piece
    }

    mutating func say(_ words: String...) {
        output.append(contentsOf: words.joined(separator: " ").utf8)
        output.append(UInt8(ascii: "\n"))
    }

    // MARK: work

    package mutating func nextWork() -> (@Sendable () async -> any Sendable)? {
        switch phase {
        case .searching where wantsImages:
            wantsImages = false
            // A machine that cannot tell what it is may still run what this one does.
            let platform = machine.platform ?? .current
            if platform == .current { return { [images = plan.images] in Work.images(images) } }
            return { [search = plan.search] in Work.images(await search(platform)) }
        case .preparing where wantsContent:
            wantsContent = false
            guard let hash = missing.first, let file = candidates.first?.files.first(where: { $0.hash == hash })
            else { return nil }
            return { [compressed = machine.hasGzip] in Work.content(await Bootstrap.content(of: file, compressed)) }
        default: return nil
        }
    }

    private static func content(of file: ImageFile, _ compressed: Bool) async -> Result<Upload, GatewayError> {
        do {
            let content = compressed ? try await file.compressedContent() : try file.content()
            return .success(Upload(hash: file.hash, content: content))
        } catch {
            return .failure(error as? GatewayError ?? GatewayError(.noAgentImage, "\(error)"))
        }
    }

    package mutating func workDone(_ result: any Sendable) throws(GatewayError) {
        switch result as? Work {
        case .images(let images):
            candidates = images.found
            attempts += images.tried
            unfit = images.tried.count
            try tryNext()
        case .content(let content):
            var upload = try content.get()
            if let spoiled { return lost(spoiled) }
            if machine.takesTooMuch { upload.waitsForBlocks() }
            self.upload = upload
            phase = .uploading
            say("take", upload.hash, "\(upload.content.size)", machine.hasGzip ? "gz" : "raw")
        case nil: break
        }
    }

    mutating func searchImages() {
        phase = .searching
        wantsImages = true
    }

    mutating func prepareNextFile() {
        phase = .preparing
        wantsContent = true
    }

    mutating func finish() {
        phase = .done
        candidates = []
    }

    /// Why better agents were not started. That there are agents for other platforms, too, is worth no word when one was found.
    var notes: [String] { startedPython ? attempts : Array(attempts.dropFirst(unfit)) }
}
