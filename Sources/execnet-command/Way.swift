//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// Gateways that are opened one after the other. A verb works on the last one.
struct Way: Sendable {
    var specs: [GatewaySpec]

    /// Opens all of them for the time of `body`.
    func open(_ body: (Gateway) async throws -> Void) async throws {
        try await Way.open(specs[...], body)
    }

    private static func open(_ specs: ArraySlice<GatewaySpec>, _ body: (Gateway) async throws -> Void) async throws {
        guard let spec = specs.first else { return }
        let progress = PlantingProgress()
        defer { progress.finish() }
        var configuration = GatewayConfiguration()
        if PlantingProgress.isPossible { configuration.progress = { progress.show($0) } }
        try await withGateway(spec, configuration: configuration) { gateway in
            progress.finish()
            let rest = specs.dropFirst()
            if rest.isEmpty { try await body(gateway) } else { try await open(rest, body) }
        }
    }
}
