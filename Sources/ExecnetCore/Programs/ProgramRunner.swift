//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// Runs what an open frame describes, on the far side.
struct ProgramRunner: Sendable {
    let channel: Channel
    let python: PythonBeside

    /// Runs the program to its end; returns why it failed, if it did.
    func run(_ payload: WireBytes) async -> RemoteError? {
        do {
            let program = try start(try Wire.decode(Value.self, from: payload))
            try await program()
            return nil
        } catch let error as Refusal {
            return RemoteError(kind: .refused, type: error.type, message: error.reason)
        } catch {
            return RemoteError(error)
        }
    }

    /// Why a program is not started.
    struct Refusal: Error {
        var reason: String
        /// For programs that look at it.
        var type = ""
    }

    private func start(_ value: Value) throws -> () async throws -> Void {
        switch value["kind"]?.string {
        case "closure": return try closure(value)
        case "call": return try call(value)
        case "task": return try task(value)
        case "shell": return { try await ShellProgram(value).run(on: channel) }
        case StreamProgram.kind: return { try await StreamProgram.run(value, on: channel) }
        case "python": return { try await python.run(value, on: channel) }
        case "service":
            throw Refusal(reason: "This agent contains no service named \"\(value["name"]?.string ?? "")\".")
        case let kind: throw Refusal(reason: "This agent does not run programs of the kind \"\(kind ?? "")\".")
        }
    }

    private func closure(_ value: Value) throws -> () async throws -> Void {
        let function = try shippedFunction(value)
        guard let name = value["type"]?.string else {
            guard let closure = function.load(as: ChannelClosure.self) else { throw outside }
            return { try await closure.body(channel) }
        }
        return try withArgument(try argumentType(name), function, value)
    }

    private func withArgument<Argument: Codable & Sendable>(
        _ type: Argument.Type,
        _ function: ShippedFunction,
        _ value: Value,
    ) throws -> () async throws -> Void {
        guard let closure = function.load(as: ArgumentClosure<Argument>.self) else { throw outside }
        let argument = try decode(type, value["argument"])
        return { try await closure.body(channel, argument) }
    }

    private func call(_ value: Value) throws -> () async throws -> Void {
        let function = try shippedFunction(value)
        let argument = try argumentType(value["type"]?.string ?? "")
        let result = try argumentType(value["result"]?.string ?? "")
        return try call(argument, result, function, value)
    }

    private func call<Argument: Codable & Sendable, Result: Codable & Sendable>(
        _ type: Argument.Type,
        _ resultType: Result.Type,
        _ function: ShippedFunction,
        _ value: Value,
    ) throws -> () async throws -> Void {
        guard let closure = function.load(as: CallClosure<Argument, Result>.self) else { throw outside }
        let argument = try decode(type, value["argument"])
        return { try await channel.send(try await closure.body(argument)) }
    }

    private func task(_ value: Value) throws -> () async throws -> Void {
        let name = value["type"]?.string ?? ""
        guard let type = _typeByName(name) as? any RemoteTask.Type else {
            throw Refusal(
                reason:
                    "This agent's image has no RemoteTask of the type \(name). Is it in the executable that was planted?"
            )
        }
        let task = try decode(type, value["task"])
        return { try await task.run(on: channel) }
    }

    private func shippedFunction(_ value: Value) throws -> ShippedFunction {
        guard value["build"]?.string == ShippedFunction.build else {
            throw Refusal(
                reason:
                    "The closure is from another executable than the one that this agent runs. Closures need the same image on "
                    + "both sides; a RemoteTask does not."
            )
        }
        guard let offset = value["offset"]?.unsigned else { throw outside }
        return ShippedFunction(offset: offset)
    }

    private var outside: Refusal { Refusal(reason: "The closure's place is outside of this agent's image.") }

    private func argumentType(_ name: String) throws -> any (Codable & Sendable).Type {
        guard let type = _typeByName(name) as? any Codable.Type, let sendable = asSendable(type) else {
            throw Refusal(reason: "This agent's image has no type \(name).")
        }
        return sendable
    }

    /// Sendable is known to the compiler only; the coordinator's compiler has checked it for this type.
    private func asSendable(_ type: any Codable.Type) -> (any (Codable & Sendable).Type)? {
        type as any Any.Type as? any (Codable & Sendable).Type
    }

    private func decode<T: Decodable>(_ type: T.Type, _ value: Value?) throws -> T {
        try channel.endpoint.decode(type, from: try Wire.encode(value ?? .null))
    }
}
