//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH

/// What a server asks the user, in the course of keyboard-interactive.
public struct SSHQuestions: Sendable, Hashable {
    /// One question.
    public struct Prompt: Sendable, Hashable {
        /// The server's text, such as "Verification code: ". Control characters have been taken out.
        public var text: String
        /// Whether the answer may be seen while it is typed.
        public var isShown: Bool
    }

    /// What the questions are about; often empty.
    public var name: String
    /// What the user has to know; often empty.
    public var instruction: String
    /// One answer belongs to each; there may be none.
    public var prompts: [Prompt]

    init(_ questions: execnet_ssh_questions) {
        func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
            SSHText.printable(UnsafeRawBufferPointer(start: start, count: count))
        }
        name = text(questions.name, questions.nameCount)
        instruction = text(questions.instruction, questions.instructionCount)
        prompts = UnsafeBufferPointer(start: questions.prompts, count: Int(questions.promptCount)).map {
            Prompt(text: text($0.text, $0.count), isShown: $0.isShown)
        }
    }
}
