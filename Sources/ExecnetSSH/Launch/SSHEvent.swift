//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What the opening of a gateway over ssh tells of itself as it goes on. What fails is told by the error.
package enum SSHEvent: Sendable {
    case began(DoctorStep.Name)
    case ended(DoctorStep.Name, _ detail: String)
    /// The OpenSSH client is to do all of it.
    case client(because: String)
}

package typealias SSHObserver = @Sendable (SSHEvent) -> Void

extension SSHEvent {
    /// The same of one host among several.
    func at(_ host: String) -> SSHEvent {
        if case .ended(let name, let detail) = self { .ended(name, "\(host): \(detail)") } else { self }
    }
}
