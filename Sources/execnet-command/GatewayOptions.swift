//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ArgumentParser
import Execnet

/// Where a verb works: a gateway, and those that the way to it leads through.
struct GatewayOptions: ParsableArguments {
    // As text: the parser quotes what it cannot turn into a value, and somebody may have written a key into it.
    @Argument(help: "Where to open the gateway, such as popen or command='docker exec -i box'.")
    var spec: String

    @Option(
        name: .customLong("via"),
        help: ArgumentHelp(
            """
            A gateway to open before, so that SPEC and further ones can go through it with via=ID or installvia=ID. \
            May be repeated.
            """,
            valueName: "spec"
        )
    )
    var hops: [String] = []

    func validate() throws { _ = try way() }

    /// What is to be opened, in order.
    func way() throws -> Way {
        let hops = try hops.map(GatewayOptions.read)
        guard hops.allSatisfy({ $0.id != nil }) else {
            throw ValidationError(
                "A gateway of --via needs a name, as in popen//id=NAME: others go through it by that."
            )
        }
        return Way(hops: hops, last: try GatewayOptions.read(spec))
    }

    /// A spec that cannot be read is a usage error.
    private static func read(_ text: String) throws -> GatewaySpec {
        do throws(GatewayError) {
            return try GatewaySpec(text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
