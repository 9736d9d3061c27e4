//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import Execnet
import ExecnetWire

extension Value {
    /// The value as one line of JSON. What JSON does not have is an object with one key; the help of `execnet exec` lists them.
    var json: String {
        switch self {
        case .null, .undefined: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .bigInteger(let value): value.description
        case .double(let value): Self.json(value)
        case .string(let value): value.jsonString
        case .bytes(let bytes): Self.json(bytes)
        case .array(let values), .tuple(let values), .set(let values), .frozenSet(let values): Self.json(values)
        case .map(let map): Self.json(map)
        case .complex(let real, let imaginary): #"{"complex":[\#(Self.json(real)),\#(Self.json(imaginary))]}"#
        case .numericArray(let array): Self.json(array)
        case .channel(let channel): #"{"channel":\#(channel.id)}"#
        case .simple(let number): #"{"simple":\#(number)}"#
        case .tagged(let tag, let value): #"{"tag":[\#(tag),\#(value.json)]}"#
        }
    }

    private static func json(_ values: [Value]) -> String {
        "[" + values.map(\.json).joined(separator: ",") + "]"
    }

    private static func json(_ number: Double) -> String {
        if number.isFinite { return number.description }
        return #"{"number":"\#(number.isNaN ? "nan" : number < 0 ? "-inf" : "inf")"}"#
    }

    private static func json(_ bytes: [UInt8]) -> String { #"{"base64":"\#(base64(bytes))"}"# }

    private static func json(_ map: ValueMap) -> String {
        let keys = map.keys.compactMap(\.string)
        guard keys.count == map.count, Set(keys).count == keys.count else {
            return #"{"pairs":["# + map.map { "[\($0.key.json),\($0.value.json)]" }.joined(separator: ",") + "]}"
        }
        return "{" + zip(keys, map.values).map { "\($0.jsonString):\($1.json)" }.joined(separator: ",") + "}"
    }

    private static func json(_ array: NumericArray) -> String {
        do throws(WireError) {
            var numbers: [String] = []
            for index in 0..<array.count {
                switch try array.number(at: index) {
                case .signed(let number): numbers.append(String(number))
                case .unsigned(let number): numbers.append(String(number))
                case .float(let number): numbers.append(json(number))
                }
            }
            return "[" + numbers.joined(separator: ",") + "]"
        } catch {
            // Numbers of 128 bits are only there as bytes.
            return json(array.bytes)
        }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            bits <<= 8
            for position in 0..<4 {
                result.append(position <= group.count ? digits[bits >> 26 & 63] : UInt8(ascii: "="))
                bits <<= 6
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
