//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

package import ExecnetCore
package import Testing

/// Expects that `body` throws a ``GatewayError`` with this code whose text contains all of `parts`, and returns it.
@discardableResult
package func expectGatewayError<R>(
    _ code: GatewayError.Code,
    _ parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation,
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> R
) async -> GatewayError? {
    do {
        _ = try await body()
        Issue.record("no error instead of \(code)", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? GatewayError)?.code == code, "\(error)", sourceLocation: sourceLocation)
        for part in parts { #expect("\(error)".contains(part), sourceLocation: sourceLocation) }
        return error as? GatewayError
    }
    return nil
}
