//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// A closure that has the channel to itself.
struct ChannelClosure {
    var body: @Sendable (Channel) async throws -> Void
}

/// A closure with a channel and an argument.
struct ArgumentClosure<Argument: Sendable> {
    var body: @Sendable (Channel, Argument) async throws -> Void
}

/// A closure from an argument to a result.
struct CallClosure<Argument: Sendable, Result: Sendable> {
    var body: @Sendable (Argument) async throws -> Result
}

/// The description of a program that is a closure.
struct ClosureDescription {
    var kind: String
    var offset: UInt64
    var argumentType: String?
    var resultType: String?

    func value(argument: Value?) -> Value {
        var entries: [(key: Value, value: Value)] = [
            ("kind", .string(kind)), ("build", .string(ShippedFunction.build)), ("offset", Value(offset)),
        ]
        if let argumentType { entries.append(("type", .string(argumentType))) }
        if let resultType { entries.append(("result", .string(resultType))) }
        if let argument { entries.append(("argument", argument)) }
        return .map(ValueMap(entries))
    }
}

/// The name under which the other side finds a type.
func typeName(_ type: any Any.Type) throws(GatewayError) -> String {
    // The same image has to find it, or no other will. Asked here, where the type can be named as its author knows it.
    guard let name = _mangledTypeName(type), _typeByName(name) != nil else {
        throw GatewayError(
            .notShippable,
            "The type \(String(reflecting: type)) cannot be found by its name on the far side. Types that are private, fileprivate or "
                + "inside a function have none there: make it internal."
        )
    }
    return name
}
