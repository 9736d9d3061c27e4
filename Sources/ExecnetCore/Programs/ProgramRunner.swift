//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// Runs what an open frame describes, on the far side.
enum ProgramRunner {
    /// Runs the program to its end; returns why it failed, if it did.
    static func run(_ payload: WireBytes, on channel: Channel) async -> RemoteError? {
        do {
            let program = try start(try Wire.decode(Value.self, from: payload), channel)
            try await program()
            return nil
        } catch let error as Refusal {
            return RemoteError(kind: .refused, type: "", message: error.reason)
        } catch {
            return RemoteError(error)
        }
    }

    /// Why a program is not started.
    struct Refusal: Error { var reason: String }

    private static func start(_ value: Value, _ channel: Channel) throws -> () async throws -> Void {
        switch value["kind"]?.string {
        case "closure": return try closure(value, channel)
        case "call": return try call(value, channel)
        case "task": return try task(value, channel)
        case "shell": return { try await ShellProgram(value).run(on: channel) }
        case "python":
            throw Refusal(reason: "This agent runs no Python; open the gateway with python=… .")
        case "service":
            throw Refusal(reason: "This agent contains no service named \"\(value["name"]?.string ?? "")\".")
        case let kind: throw Refusal(reason: "This agent does not run programs of the kind \"\(kind ?? "")\".")
        }
    }

    private static func closure(_ value: Value, _ channel: Channel) throws -> () async throws -> Void {
        let function = try shippedFunction(value)
        guard let name = value["type"]?.string else {
            guard let closure = function.load(as: ChannelClosure.self) else { throw outside }
            return { try await closure.body(channel) }
        }
        return try withArgument(try argumentType(name), function, value, channel)
    }

    private static func withArgument<Argument: Codable & Sendable>(
        _ type: Argument.Type,
        _ function: ShippedFunction,
        _ value: Value,
        _ channel: Channel
    ) throws -> () async throws -> Void {
        guard let closure = function.load(as: ArgumentClosure<Argument>.self) else { throw outside }
        let argument = try decode(type, value["argument"], channel)
        return { try await closure.body(channel, argument) }
    }

    private static func call(_ value: Value, _ channel: Channel) throws -> () async throws -> Void {
        let function = try shippedFunction(value)
        let argument = try argumentType(value["type"]?.string ?? "")
        let result = try argumentType(value["result"]?.string ?? "")
        return try call(argument, result, function, value, channel)
    }

    private static func call<Argument: Codable & Sendable, Result: Codable & Sendable>(
        _ type: Argument.Type,
        _ resultType: Result.Type,
        _ function: ShippedFunction,
        _ value: Value,
        _ channel: Channel
    ) throws -> () async throws -> Void {
        guard let closure = function.load(as: CallClosure<Argument, Result>.self) else { throw outside }
        let argument = try decode(type, value["argument"], channel)
        return { try await channel.send(try await closure.body(argument)) }
    }

    private static func task(_ value: Value, _ channel: Channel) throws -> () async throws -> Void {
        let name = value["type"]?.string ?? ""
        guard let type = _typeByName(name) as? any RemoteTask.Type else {
            throw Refusal(
                reason: "This agent's image has no RemoteTask of the type \(name). Is it in the executable that was planted?"
            )
        }
        let task = try decode(type, value["task"], channel)
        return { try await task.run(on: channel) }
    }

    private static func shippedFunction(_ value: Value) throws -> ShippedFunction {
        guard value["build"]?.string == ShippedFunction.build else {
            throw Refusal(
                reason: "The closure is from another executable than the one that this agent runs. Closures need the same image on "
                    + "both sides; a RemoteTask does not."
            )
        }
        guard let offset = value["offset"]?.unsigned else { throw outside }
        return ShippedFunction(offset: offset)
    }

    private static var outside: Refusal { Refusal(reason: "The closure's place is outside of this agent's image.") }

    private static func argumentType(_ name: String) throws -> any (Codable & Sendable).Type {
        guard let type = _typeByName(name) as? any Codable.Type, let sendable = asSendable(type) else {
            throw Refusal(reason: "This agent's image has no type \(name).")
        }
        return sendable
    }

    /// Sendable is known to the compiler only; the coordinator's compiler has checked it for this type.
    private static func asSendable(_ type: any Codable.Type) -> (any (Codable & Sendable).Type)? {
        type as any Any.Type as? any (Codable & Sendable).Type
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ value: Value?, _ channel: Channel) throws -> T {
        try channel.endpoint.decode(type, from: try Wire.encode(value ?? .null))
    }
}
