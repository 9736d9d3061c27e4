//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation

/// Counts the words of many files on several gateways, and checks the result twice.
enum App {
    static func run() async {
        do {
            switch try Options.parse(Array(CommandLine.arguments.dropFirst())) {
            case .help: print(Options.help)
            case .count(let options): if try await !count(options) { exit(1) }
            }
        } catch let error as UsageError {
            standardError("WordCount: \(error.message) Try --help.\n")
            exit(2)
        } catch {
            standardError("WordCount: \(error)\n")
            exit(1)
        }
    }

    /// Counts in all ways that were asked for. Returns whether they agree.
    private static func count(_ options: Options) async throws -> Bool {
        let files = try TextFiles.find(options.directory)
        guard !files.isEmpty else { throw UsageError(message: "There are no files to count.") }
        let swift = try await Measured("\(options.gateways) Swift gateways") { label in
            try await NativeCount.run(files, gateways: options.gateways, Progress(label, of: files.count))
        }
        var others: [Measured] = []
        if let python = options.python {
            let measured = try await Measured("1 Python gateway") { label in
                try await PythonCount.run(files, interpreter: python, Progress(label, of: files.count))
            }
            others.append(measured)
        }
        let local = await Measured("this process") { label in LocalCount.run(files, Progress(label, of: files.count)) }
        others.append(local)
        Report.print(swift, others, files: files.count, top: options.top)
        return Report.check(swift, others)
    }
}
