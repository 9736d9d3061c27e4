//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What all containers of one Codable encoding write into.
///
/// Values are written straight into one writer. The head of a container is one byte until the value that the container
/// belongs to is finished and the number of its elements is known. `frame` is the value that is being written now;
/// those around it wait in the call stack of ``encode(_:key:)``. Containers that do not keep to that order, nested
/// containers and super encoders, get a state of their own, which is put in place when the value around it is finished.
///
/// The writer and the frame are exempt from the run-time checks for overlapping access, which would cost more than what
/// they check: a value gets hold of the writer only in its own `encode(into:)`, which knows no containers.
final class WireEncodingState {
    enum Kind {
        case empty, single, map, array, bytes
    }

    /// One value that is being written.
    struct Frame {
        var serial: Int
        var start: Int
        var kind = Kind.empty
        var count = 0
        var firstChild: Int
        var depth: Int
    }

    /// A container that is written apart, and where it belongs.
    struct Child {
        let state: WireEncodingState
        let offset: Int
    }

    /// Where to go back to when a value could not be written.
    struct Mark {
        let count: Int
        let references: Int
    }

    @exclusivity(unchecked) var writer: WireWriter
    @exclusivity(unchecked) var frame: Frame
    @exclusivity(unchecked) private var lastSerial = 1
    @exclusivity(unchecked) private var children: [Child] = []
    /// The key of every frame that has one.
    @exclusivity(unchecked) private var path: [(any CodingKey)?] = []
    private let prefix: [any CodingKey]
    @exclusivity(unchecked) private var isTooDeep = false

    /// A state for a whole value; its first frame takes nothing, it is there for ``encode(_:key:)`` to go back to.
    init(writer: consuming WireWriter) {
        frame = Frame(serial: 0, start: 0, firstChild: 0, depth: writer.remainingDepth)
        self.writer = writer
        prefix = []
    }

    /// A state for a container that is written apart.
    private init(parent: WireEncodingState, key: any CodingKey) {
        writer = WireWriter(minimumCapacity: 64, depth: parent.writer.remainingDepth, context: parent.writer.context)
        frame = Frame(serial: 1, start: 0, firstChild: 0, depth: parent.writer.remainingDepth)
        prefix = parent.codingPath + [key]
    }

    /// The keys that lead to the value that is being written.
    var codingPath: [any CodingKey] { prefix + path.compactMap { $0 } }

    var userInfo: [CodingUserInfoKey: Any] {
        guard let context = writer.context else { return [:] }
        return [.wireContext: context]
    }

    // MARK: Values

    /// Writes a value where the writer stands, by the fastest way that its type has.
    func encode<Value: Encodable>(_ value: Value, key: @autoclosure () -> (any CodingKey)?) throws {
        let traits = WireTypeTraits.of(Value.self)
        if traits.pointee.encodable != nil {
            do throws(WireError) {
                try writer.writeDirect(value, traits)
            } catch {
                throw located(error, key())
            }
        } else {
            try encodeNested(value, traits, key())
        }
    }

    private func encodeNested<Value: Encodable>(
        _ value: Value,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ key: (any CodingKey)?
    ) throws {
        let outer = frame
        lastSerial += 1
        frame = Frame(
            serial: lastSerial,
            start: writer.count,
            firstChild: children.count,
            depth: writer.remainingDepth
        )
        path.append(key)
        defer {
            writer.remainingDepth = frame.depth
            frame = outer
            path.removeLast()
        }
        do {
            if traits.pointee.collectionEncoding != nil, let collection = value as? any BridgedEncoding {
                frame.kind = .single
                try collection.encodeBridged(into: self)
            } else {
                try value.encode(to: WireBridgeEncoder(state: self, serial: frame.serial))
                try close()
            }
        } catch {
            children.removeSubrange(frame.firstChild...)
            throw error
        }
    }

    func located(_ error: WireError, _ key: (any CodingKey)?) -> WireError {
        let path = codingPathText(codingPath + (key.map { [$0] } ?? []))
        return error.at(path: error.codingPath.isEmpty ? path : path + "." + error.codingPath)
    }

    // MARK: Containers

    /// Begins a container in the frame, or goes on with the one that is there; returns what the container has to
    /// present, which is no frame's serial number if there can't be such a container.
    func begin(_ kind: Kind, _ serial: Int) -> Int {
        guard frame.serial == serial else { return -1 }
        if frame.kind == kind || (kind == .array && frame.kind == .bytes) { return serial }
        guard frame.kind == .empty else { return -1 }
        guard writer.remainingDepth > 0 else {
            isTooDeep = true
            return -1
        }
        writer.remainingDepth -= 1
        writer.writeByte(0)
        frame.kind = kind
        return serial
    }

    /// Checks that the container with that serial number may write now.
    @inline(__always)
    func check(_ serial: Int) throws {
        if frame.serial != serial { throw outOfTurn() }
    }

    @inline(never)
    private func outOfTurn() -> WireError {
        if isTooDeep { return located(.tooDeep(), nil) }
        let message = "can't serialize: a container was used before or after its turn, or beside one of another kind"
        return located(WireError(.unsupportedValue, message), nil)
    }

    var mark: Mark { Mark(count: writer.count, references: writer.references?.count ?? 0) }

    func goBack(to mark: Mark) {
        writer.truncate(to: mark.count, references: mark.references)
    }

    /// Begins to write a container apart, which belongs where the writer stands.
    func addChild(key: any CodingKey) -> WireEncodingState {
        let child = WireEncodingState(parent: self, key: key)
        children.append(Child(state: child, offset: writer.count))
        return child
    }

    /// Finishes the frame: puts the containers written apart in place and the number of elements into the head.
    private func close() throws {
        if isTooDeep { throw located(.tooDeep(), nil) }
        if children.count > frame.firstChild { try mergeChildren() }
        switch frame.kind {
        case .empty: writer.writeByte(WireMajor.map)
        case .map: writer.setHead(at: frame.start, major: WireMajor.map, count: frame.count)
        case .array: writer.setHead(at: frame.start, major: WireMajor.array, count: frame.count)
        case .single, .bytes: break
        }
    }

    private func mergeChildren() throws {
        let merged = Array(children[frame.firstChild...])
        children.removeSubrange(frame.firstChild...)
        for child in merged {
            try child.state.close()
            child.state.frame.serial = 0
            if let more = child.state.writer.references { writer.references = writer.channelReferences + more }
        }
        writer.insert(merged)
    }
}

extension WireWriter {
    /// Puts a container's head where one byte was left for it.
    fileprivate mutating func setHead(at offset: Int, major: UInt8, count: Int) {
        if count < 24 {
            (base + offset).storeBytes(of: major | UInt8(truncatingIfNeeded: count), as: UInt8.self)
            return
        }
        var head = WireWriter(minimumCapacity: Self.headSize)
        head.writeHead(major: major, argument: UInt64(truncatingIfNeeded: count))
        let extra = head.count - 1
        reserve(extra)
        let start = base + offset
        (start + 1 + extra).copyMemory(from: start + 1, byteCount: cursor - start - 1)
        start.copyMemory(from: head.base, byteCount: head.count)
        cursor += extra
    }

    /// Makes room for children in what has been written, from the end, so that every byte is moved once.
    fileprivate mutating func insert(_ children: [WireEncodingState.Child]) {
        var extra = children.reduce(0) { $0 + $1.state.writer.count }
        reserve(extra)
        var end = count
        cursor += extra
        for child in children.reversed() {
            (base + child.offset + extra).copyMemory(from: base + child.offset, byteCount: end - child.offset)
            end = child.offset
            extra -= child.state.writer.count
            child.state.writer.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress {
                    (base + child.offset + extra).copyMemory(from: start, byteCount: bytes.count)
                }
            }
        }
    }
}
