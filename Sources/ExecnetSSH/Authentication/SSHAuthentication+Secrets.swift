//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSSH
import Synchronization

/// Passwords, and what else somebody answers.
extension SSHAuthentication {
    /// A server that goes on asking gets nothing more after so many times.
    private static let mostRounds = 20

    func sendPassword() async throws -> (Authenticator.Answer, Authenticator.Given) {
        guard let password = try await password() else { return (.unusable("no password was told"), .nothing) }
        let result = await session.settled { handle -> Int32 in
            password.withCString { execnet_ssh_password(handle, user, $0, password.count) }
        }
        if result == SSHCode.passwordExpired {
            return (.unusable("the password has expired; log in by hand, and change it"), .password)
        }
        return (try answer(result), .password)
    }

    private func password() async throws -> SecretBytes? {
        switch credentials.password {
        case .known(let password): password
        case .asked(let ask): try await waiting { await ask() }
        case nil: nil
        }
    }

    func interact() async throws -> (Authenticator.Answer, Authenticator.Given) {
        let login = InteractiveLogin(session, user: user)
        try login.start()
        var given = Authenticator.Given.nothing
        var rounds = 0
        while true {
            switch await login.next() {
            case .ended(let result): return (try answer(result), given)
            case .asked(let questions):
                rounds += 1
                let isFirst = given != .password
                let answers = rounds > SSHAuthentication.mostRounds ? [] : await answers(questions, isFirst: isFirst)
                if given != .password { given = credentials.prompt == nil && !answers.isEmpty ? .password : .answers }
                login.answer(answers)
            }
        }
    }

    /// Nothing, if there is nobody to ask, or no use in it any more.
    private func answers(_ questions: SSHQuestions, isFirst: Bool) async -> [SecretBytes] {
        if let prompt = credentials.prompt {
            // Some servers end with a request that has nothing in it.
            guard !questions.prompts.isEmpty || !questions.name.isEmpty || !questions.instruction.isEmpty else {
                return []
            }
            return (try? await waiting { await prompt(questions) }) ?? []
        }
        // One hidden answer is wanted: that is how servers ask for a password.
        guard isFirst, questions.prompts.count == 1, questions.prompts.allSatisfy({ !$0.isShown }) else { return [] }
        return (try? await password()).flatMap { $0 }.map { [$0] } ?? []
    }
}
