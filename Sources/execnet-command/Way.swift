//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet

/// Gateways that are opened one after the other. A verb works on the last one.
struct Way: Sendable {
    /// Those that the way leads through.
    var hops: [GatewaySpec]
    var last: GatewaySpec

    /// Opens all of them for the time of `body`.
    func open(_ body: (Gateway) async throws -> Void) async throws {
        try await openHops { try await Way.open(last, body) }
    }

    /// Opens all but the last one for the time of `body`.
    func openHops(_ body: () async throws -> Void) async throws { try await Way.open(hops[...], body) }

    private static func open(_ specs: ArraySlice<GatewaySpec>, _ body: () async throws -> Void) async throws {
        guard let spec = specs.first else { return try await body() }
        try await open(spec) { _ in try await open(specs.dropFirst(), body) }
    }

    private static func open(_ spec: GatewaySpec, _ body: (Gateway) async throws -> Void) async throws {
        let progress = PlantingProgress()
        defer { progress.finish() }
        try await withGateway(spec, configuration: progress.configuration) { gateway in
            progress.finish()
            try await body(gateway)
        }
    }
}
