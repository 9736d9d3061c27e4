//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// One value that is being written by a Codable encoding.
struct WireEncodingFrame {
    enum Kind {
        case empty, single, map, array, bytes
    }

    /// What the value's container has to present to be allowed to write.
    var serial: Int
    let start: Int
    var kind = Kind.empty
    var count = 0
    let firstChild: Int
    /// How deep the value may be nested, itself included.
    let depth: Int
    let step: WireEncodingStep
}

/// What leads from one value to one inside it: a key, known by where it has been written, or an index, or nothing.
struct WireEncodingStep {
    private let number: Int

    /// No step: the value that is inside an `Optional`, for one.
    static let none = WireEncodingStep(number: .min)

    static func key(at offset: Int) -> WireEncodingStep { WireEncodingStep(number: offset) }
    static func index(_ index: Int) -> WireEncodingStep { WireEncodingStep(number: ~index) }

    var offset: Int? { number >= 0 ? number : nil }
    var index: Int? { number < 0 && number != .min ? ~number : nil }
}

/// The value that is being written and those around it.
///
/// By pointers, because a frame is begun and changed more often than anything else is done in a Codable encoding.
struct WireEncodingFrames {
    private var first: UnsafeMutablePointer<WireEncodingFrame>
    private var capacity = 8
    private(set) var top: UnsafeMutablePointer<WireEncodingFrame>

    init(serial: Int, depth: Int) {
        first = .allocate(capacity: capacity)
        top = first
        top.initialize(to: WireEncodingFrame(serial: serial, start: 0, firstChild: 0, depth: depth, step: .none))
    }

    /// How the value is reached, from the outermost.
    var steps: [WireEncodingStep] { (0...(top - first)).map { first[$0].step } }

    @inline(__always)
    mutating func push(_ frame: WireEncodingFrame) {
        top += 1
        if top - first == capacity { grow() }
        top.initialize(to: frame)
    }

    @inline(__always)
    mutating func pop() { top -= 1 }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<WireEncodingFrame>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: first, count: capacity)
        first.deallocate()
        first = larger
        top = first + capacity
        capacity *= 2
    }

    func deallocate() { first.deallocate() }
}
