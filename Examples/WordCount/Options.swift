//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Foundation

/// What the command line asks for.
struct Options {
    /// The folder whose files are counted; nil is the licence texts of this system.
    var directory: String?
    /// How many Swift gateways count.
    var gateways = ProcessInfo.processInfo.activeProcessorCount
    /// The interpreter of the Python gateway; nil leaves it out.
    var python: String? = "python3"
    /// How many words the table shows.
    var top = 20

    enum Command {
        case help
        case count(Options)
    }

    static let help = """
        usage: WordCount [DIRECTORY] [--gateways N] [--python COMMAND | --no-python] [--top N]

        Counts the words of all text files under DIRECTORY over several gateways on this machine. Without DIRECTORY:
        of the licence texts in /usr/share/common-licenses and /usr/share/doc/*/copyright.

          --gateways N      how many Swift gateways count; default: one a processor
          --python COMMAND  the interpreter of the Python gateway that counts for comparison; default: python3
          --no-python       count without Python
          --top N           how many of the most frequent words to show; default: 20
          --help            show this text

        A word is a run of ASCII letters, ASCII digits and bytes above 127; capital and small ASCII letters are the same.
        Files with a zero byte are not text. Symbolic links are not followed.
        The exit status is 1 if the gateways and a count in this process do not find the same words.
        """

    static func parse(_ arguments: [String]) throws(UsageError) -> Command {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": return .help
            case "--gateways": options.gateways = try number(argument, rest.popFirst(), in: 1...1000)
            case "--top": options.top = try number(argument, rest.popFirst(), in: 0...1_000_000)
            case "--no-python": options.python = nil
            case "--python":
                guard let command = rest.popFirst() else { throw UsageError(message: "\(argument) needs a command.") }
                options.python = command
            default:
                guard !argument.hasPrefix("-") else { throw UsageError(message: "There is no option \(argument).") }
                guard options.directory == nil else { throw UsageError(message: "There is more than one directory.") }
                options.directory = argument
            }
        }
        return .count(options)
    }

    private static func number(
        _ option: String,
        _ text: String?,
        in range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let text, let number = Int(text), range.contains(number) else {
            throw UsageError(message: "\(option) needs a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}

/// The command line asks for something that does not exist.
struct UsageError: Error {
    var message: String
}
