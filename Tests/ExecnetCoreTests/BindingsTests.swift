//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetCore
import ExecnetTestSupport
import ExecnetWire
import Testing

struct BindingsTests {
    private typealias Change = (values: [String: Value], counter: UInt64)

    @Test(.timeLimit(.minutes(1))) func concurrentChangesConverge() throws {
        var random = SplitMix(state: 42)
        for round in 0..<10_000 {
            var sides = [Bindings(), Bindings()]
            var onTheWay: [[Change]] = [[], []]
            for step in 0..<Int.random(in: 2...12, using: &random) {
                let side = Int.random(in: 0...1, using: &random)
                if Bool.random(using: &random) {
                    var values: [String: Value] = [:]
                    for name in ["a", "b", "c"] where Bool.random(using: &random) {
                        values[name] = [Value(side), Value(step)]
                    }
                    let counter = try sides[side].set(values, size: 8, asCoordinator: side == 0)
                    onTheWay[side].append((values, counter))
                } else if !onTheWay[side].isEmpty {
                    deliver(onTheWay[side].removeFirst(), from: side, to: &sides[1 - side])
                }
            }
            for side in 0...1 { for change in onTheWay[side] { deliver(change, from: side, to: &sides[1 - side]) } }
            #expect(sides[0].values == sides[1].values, "round \(round)")
        }
    }

    private func deliver(_ change: Change, from side: Int, to other: inout Bindings) {
        #expect(other.apply(change.values, size: 8, counter: change.counter, fromCoordinator: side == 0) != nil)
    }

    @Test(.timeLimit(.minutes(1))) func theCoordinatorWinsATie() throws {
        var coordinator = Bindings()
        var agent = Bindings()
        let one = try coordinator.set(["x": "c"], size: 4, asCoordinator: true)
        let two = try agent.set(["x": "a"], size: 4, asCoordinator: false)
        #expect(one == two)
        #expect(coordinator.apply(["x": "a"], size: 4, counter: two, fromCoordinator: false) == [:])
        #expect(agent.apply(["x": "c"], size: 4, counter: one, fromCoordinator: true) == ["x": "c"])
        #expect(agent.value(of: "x") == "c" && coordinator.value(of: "x") == "c")
    }

    @Test(.timeLimit(.minutes(1))) func theCounterFollowsWhatIsSeen() throws {
        var bindings = Bindings()
        #expect(bindings.apply(["x": 1], size: 4, counter: 41, fromCoordinator: true) != nil)
        #expect(try bindings.set(["y": 1], size: 4, asCoordinator: false) == 42)
        #expect(bindings.apply(["x": 2], size: 4, counter: 7, fromCoordinator: true) == [:])
        #expect(bindings.value(of: "x") == 1 && bindings.counter == 42)
    }

    @Test(.timeLimit(.minutes(1))) func countersNeverOverflow() {
        var bindings = Bindings()
        #expect(bindings.apply(["x": 1], size: 4, counter: .max, fromCoordinator: true) == nil)
        #expect(bindings.apply(["x": 1], size: 4, counter: .max / 2, fromCoordinator: true) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func sizeIsLimitedAndComesBack() throws {
        var bindings = Bindings()
        _ = try bindings.set(["x": 1], size: Bindings.maximumSize, asCoordinator: true)
        let error = #expect(throws: ChannelError.self) { try bindings.set(["y": 1], size: 1, asCoordinator: true) }
        #expect(error?.code == .tooManyBindings)
        _ = try bindings.set(["x": 1], size: 10, asCoordinator: true)
        _ = try bindings.set(["y": 1], size: Bindings.maximumSize - 10, asCoordinator: true)
    }

    @Test(.timeLimit(.minutes(1))) func namesAreLimited() throws {
        var bindings = Bindings()
        let names = (0..<Bindings.maximumCount).map { (String($0), Value.null) }
        _ = try bindings.set(Dictionary(uniqueKeysWithValues: names), size: 1, asCoordinator: true)
        _ = try bindings.set(["7": 1], size: 1, asCoordinator: true)
        #expect(throws: ChannelError.self) { try bindings.set(["new": 1], size: 1, asCoordinator: true) }
    }

    @Test(.timeLimit(.minutes(1))) func whatOneSideMayBindTheOtherTakes() throws {
        var coordinator = Bindings()
        var agent = Bindings()
        let step = Bindings.maximumSize / 64
        for index in 0..<64 {
            let one: [String: Value] = ["c\(index)": 1]
            let two: [String: Value] = ["a\(index)": 1]
            let first = try coordinator.set(one, size: step, asCoordinator: true)
            let second = try agent.set(two, size: step, asCoordinator: false)
            #expect(coordinator.apply(two, size: step, counter: second, fromCoordinator: false) == two)
            #expect(agent.apply(one, size: step, counter: first, fromCoordinator: true) == one)
            if index == 31 { break }
        }
        #expect(throws: ChannelError.self) { try agent.set(["more": 1], size: step, asCoordinator: false) }
    }

    @Test(.timeLimit(.minutes(1))) func messageReadsAsItWasWritten() throws {
        let values: [String: Value] = ["a": [1, "two"], "b": nil]
        let message = BindingsMessage.encode(counter: 77, encodedValues: try Wire.encode(Value(values)))
        let read = try BindingsMessage(decoding: message)
        #expect(read.counter == 77 && read.values == values)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [[1] as Value, [1, 2], ["x", ["a": 1]], [-1, ["a": 1]], [1, [1: 1]], nil]
    )
    func otherMessagesAreRefused(_ value: Value) throws {
        let message = try Wire.encode(value)
        #expect(throws: WireError.self) { try BindingsMessage(decoding: message) }
    }
}
