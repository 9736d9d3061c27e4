//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore

/// What stage 0 says, and what follows from it.
extension Bootstrap {
    mutating func answer(_ text: String) throws(GatewayError) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let rest = words.dropFirst()
        switch (phase, words[0]) {
        case (.greeting, "have"): found(Array(rest))
        case (.greeting, "probe"): try probed(Array(rest))
        case (_, "no"): refusals.append(refusal(Array(rest)))
        case (.choosing, "dir"): directory = rest.joined(separator: " ")
        case (.choosing, "nodir"): noDirectory()
        case (.choosing, "need"): try needs(rest.filter { !$0.isEmpty })
        case (.uploading, "took") where rest.first == upload?.hash: took()
        case (.uploading, "got"): upload?.acknowledge()
        case (.uploading, "lost") where rest.first == upload?.hash: lost(shortened(rest.dropFirst()))
        case (.preparing, "lost"), (.uploading, "lost"), (.testing, "lost"): spoiled = shortened(rest.dropFirst())
        case (.testing, "test"): try tested(rest)
        case (.starting, "run"): finish()
        case (.starting, "nocd"):
            throw error(
                .startFailed,
                "The directory \"\(plan.directory ?? "")\" cannot be used there: \(shortened(rest))"
            )
        case (.starting, "refused"): throw error(.startFailed, "The far side cannot set \(shortened(rest)).")
        case (.starting, "lost"):
            let reason = shortened(rest.dropFirst())
            throw error(.startFailed, "A file could not be put into the cache in \(directory): \(reason)")
        // The answer to a command that was sent ahead and is of no use any more.
        default: break
        }
    }

    // MARK: the first line

    private mutating func found(_ words: [String]) {
        guard words.count > 2, words[0] == plan.hint, let image = plan.images.found.first else { return }
        machine.process = words[1]
        directory = words.dropFirst(2).joined(separator: " ")
        startedFromHint = true
        candidates = [image]
        start(image)
    }

    private mutating func probed(_ words: [String]) throws(GatewayError) {
        guard words.count > 5 else { throw error(.startFailed, "The far side's first line has another form.") }
        machine = Machine(
            process: words[0],
            system: words[1],
            hardware: words[2],
            bits: Int(words[3]) ?? 0,
            hasGzip: words[4] == "1",
            takesTooMuch: words[5] == "1",
            python: words.count > 6 && !words[6].isEmpty ? words.dropFirst(6).joined(separator: " ") : nil
        )
        switch plan.choice {
        case .any: searchImages()
        case .python(let command): startPython(command)
        }
    }

    // MARK: native agents

    /// Tries the next image, or the Python agent when there is none left.
    mutating func tryNext() throws(GatewayError) {
        usedCache = false
        ignoresCache = false
        guard let image = candidates.first else {
            guard let python = machine.python else { throw nothingRuns }
            return startPython([python])
        }
        choose(image, another: directory.isEmpty)
    }

    private mutating func choose(_ image: AgentImage, another: Bool) {
        phase = .choosing
        spoiled = nil
        say("drop")
        if another { say("dir", "#!/bin/sh") }
        say((["need"] + image.files.map(\.hash)).joined(separator: " "))
    }

    private mutating func noDirectory() {
        directory = ""
        attempts.append(
            "no directory takes \(candidates.first?.entry.path ?? "it"): " + refusals.joined(separator: "; ")
        )
        candidates = []
    }

    private mutating func needs(_ hashes: [String]) throws(GatewayError) {
        // Without a directory there is no image left, and this is the answer for none.
        guard let image = candidates.first else { return try tryNext() }
        missing = image.files.map(\.hash).filter { ignoresCache || hashes.contains($0) }
        usedCache = missing.count < image.files.count
        wasSent = !missing.isEmpty
        sendOrTest(image)
    }

    private mutating func sendOrTest(_ image: AgentImage) {
        missing.isEmpty ? test(image) : prepareNextFile()
    }

    private mutating func took() {
        guard let image = candidates.first, let upload else { return }
        missing.removeFirst()
        // A library's content is right when it has arrived; an executable is kept when it has passed its test.
        if !image.links.isEmpty { say("keep", upload.hash) }
        self.upload = nil
        if let spoiled { return lost(spoiled) }
        sendOrTest(image)
    }

    /// The directory does not take the file: on to the next one.
    mutating func lost(_ text: String) {
        refusals.append("\(directory): \(text)")
        upload = nil
        guard let image = candidates.first else { return }
        choose(image, another: true)
    }

    private mutating func test(_ image: AgentImage) {
        phase = .testing
        for link in image.links { say("link", image.id, link.name, link.hash) }
        words(of: image, temporary: !image.links.isEmpty || wasSent)
        say("test", image.entry.selfTest, image.links.isEmpty ? image.id : "\(image.id)/agent")
    }

    private mutating func tested(_ words: ArraySlice<String>) throws(GatewayError) {
        guard let image = candidates.first else { return }
        if let spoiled { return lost(spoiled) }
        // A shell runs an empty file as a script, which succeeds; the agent says so.
        if words.first == "0", words.last == "ok" {
            if wasSent || !image.links.isEmpty { say("keep", image.id) }
            say("drop")
            return start(image)
        }
        if usedCache, !ignoresCache {
            ignoresCache = true
            return choose(image, another: false)
        }
        triedImage = true
        let said = shortened(words.dropFirst())
        let text = said.isEmpty ? "status \(words.first ?? "")" : said
        attempts.append("\(image.entry.path) does not run in \(directory): \(text)")
        candidates.removeFirst()
        try tryNext()
    }

    // MARK: the start

    private mutating func start(_ image: AgentImage) {
        say("set", "EXECNET_CACHE", Stage0.escaped(directory))
        say("set", "EXECNET_CACHE_IMAGE", image.id)
        if plan.nice != 0 { say("nice", "\(plan.nice)") }
        words(of: image, temporary: false)
        say("word", Stage0.escaped(plan.name))
        run()
    }

    private mutating func startPython(_ command: [String]) {
        startedPython = true
        say("drop")
        if plan.nice != 0 { say("nice", "\(plan.nice)") }
        for word in PythonAgent.arguments(command) { say("word", Stage0.escaped(word)) }
        run()
        // The interpreter reads it as soon as the shell has become it.
        output += PythonAgent.source
    }

    private mutating func run() {
        phase = .starting
        for (name, value) in plan.environment.sorted(by: { $0.key < $1.key }) {
            say("set", name, Stage0.escaped(value))
        }
        if let directory = plan.directory { say("cd", Stage0.escaped(directory)) }
        say("run")
    }

    /// The words of the command that starts an image.
    private mutating func words(of image: AgentImage, temporary: Bool) {
        let place = temporary ? "temp" : "file"
        guard !image.links.isEmpty else { return say(place, image.id) }
        say(place, "\(image.id)/loader")
        say("word", "--library-path")
        say(place, image.id)
        say(place, "\(image.id)/agent")
    }
}
