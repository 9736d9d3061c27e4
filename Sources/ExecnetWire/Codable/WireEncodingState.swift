//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What all containers of one Codable encoding write into.
///
/// Values are written straight into one writer. The head of a container is one byte until the value that the container
/// belongs to is finished and the number of its elements is known. Containers that do not keep to that order, nested
/// containers and super encoders, get a state of their own, which is put in place when the value around it is finished.
///
/// The coding path is not kept: the frames know where the keys are among the bytes, or the index in an array.
///
/// The writer and the frame are exempt from the run-time checks for overlapping access, which would cost more than what
/// they check: a value gets hold of the writer only in its own `encode(into:)`, which knows no containers.
final class WireEncodingState {
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
    @exclusivity(unchecked) var frames: WireEncodingFrames
    @exclusivity(unchecked) private var lastSerial = 1
    @exclusivity(unchecked) private var children: [Child] = []
    private let prefix: [any CodingKey]
    @exclusivity(unchecked) private var isTooDeep = false
    private let types = WireTypeTraits.Table()
    /// Containers to be used again; `nil` in the state of a container that is written apart.
    @exclusivity(unchecked) private var reusable: WireReusableContainers?

    /// A state for a whole value; its first frame takes nothing, it is there for ``encode(_:_:)`` to go back to.
    ///
    /// ``finish()`` must be called in the end.
    init(writer: consuming WireWriter) {
        frames = WireEncodingFrames(serial: 0, depth: writer.remainingDepth)
        self.writer = writer
        prefix = []
        reusable = WireReusableContainers()
    }

    /// A state for a container that is written apart.
    private init(parent: WireEncodingState, key: any CodingKey) {
        writer = WireWriter(minimumCapacity: 64, depth: parent.writer.remainingDepth, context: parent.writer.context)
        frames = WireEncodingFrames(serial: 1, depth: parent.writer.remainingDepth)
        prefix = parent.codingPath + [key]
    }

    deinit { frames.deallocate() }

    /// Lets go of the containers that are kept for reuse, which refer to this state.
    func finish() {
        reusable?.letGo()
        reusable = nil
    }

    /// The value that is being written now.
    @inline(__always)
    var frame: UnsafeMutablePointer<WireEncodingFrame> { frames.top }

    /// The keys that lead to the value that is being written.
    var codingPath: [any CodingKey] { prefix + frames.steps.compactMap(key) }

    private func key(_ step: WireEncodingStep) -> (any CodingKey)? {
        if let index = step.index { return WireIndexKey(index) }
        guard let offset = step.offset else { return nil }
        return writer.withUnsafeBytes { bytes in
            var reader = WireReader(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            return try? reader.readNameKey()
        }
    }

    var userInfo: [CodingUserInfoKey: Any] {
        guard let context = writer.context else { return [:] }
        return [.wireContext: context]
    }

    // MARK: Values

    /// Writes a value where the writer stands, by the fastest way that its type has.
    @inline(__always)
    func encode<Value: Encodable>(_ value: Value, _ step: WireEncodingStep) throws {
        try encode(value, types.traits(Value.self), step)
    }

    /// Writes the elements of an array, whose type is the same for all.
    func encodeElements<Element: Encodable>(_ elements: UnsafeBufferPointer<Element>) throws {
        let traits = types.traits(Element.self)
        let start = writer.count
        guard let first = UnsafeMutablePointer(mutating: elements.baseAddress) else { return }
        for index in 0..<elements.count {
            try encodeLent(&first[index], traits, .index(index))
            if index == 31 { writer.expect(elements.count, done: 32, since: start) }
        }
    }

    /// Writes a value, which is not changed: it is `inout` because what comes by an address is copied otherwise, in case
    /// that somebody changes it meanwhile, and to copy a record is to count references to all that it has.
    @inline(never)
    private func encodeLent<Value: Encodable>(
        _ value: inout Value,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ step: WireEncodingStep
    ) throws {
        try encode(value, traits, step)
    }

    @inline(__always)
    private func encode<Value: Encodable>(
        _ value: Value,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ step: WireEncodingStep
    ) throws {
        if let direct = traits.pointee.writer {
            do throws(WireError) {
                try writer.writeDirect(value, traits, direct)
            } catch {
                throw located(error, step)
            }
        } else {
            try encodeNested(value, traits, step)
        }
    }

    private func encodeNested<Value: Encodable>(
        _ value: Value,
        _ traits: UnsafePointer<WireTypeTraits>,
        _ step: WireEncodingStep
    ) throws {
        lastSerial += 1
        let serial = lastSerial
        frames.push(
            WireEncodingFrame(
                serial: serial,
                start: writer.count,
                firstChild: children.count,
                depth: writer.remainingDepth,
                step: step
            )
        )
        do {
            if let collection = traits.pointee.collectionEncoding {
                frame.pointee.kind = .single
                try withUnsafePointer(to: value) { try collection.encodeBridged(at: $0, into: self) }
            } else {
                try value.encode(to: WireBridgeEncoder(state: self, serial: serial))
                try close()
            }
        } catch {
            children.removeSubrange(frame.pointee.firstChild...)
            leave()
            throw error
        }
        leave()
    }

    @inline(__always)
    private func leave() {
        writer.remainingDepth = frame.pointee.depth
        frames.pop()
    }

    @inline(never)
    func located(_ error: WireError, _ step: WireEncodingStep) -> WireError {
        let path = codingPathText(codingPath + (key(step).map { [$0] } ?? []))
        return error.at(path: error.codingPath.isEmpty ? path : path + "." + error.codingPath)
    }

    // MARK: Containers

    /// Begins a container in the frame, or goes on with the one that is there; returns what the container has to
    /// present, which is no frame's serial number if there can't be such a container.
    @inline(__always)
    func begin(_ kind: WireEncodingFrame.Kind, _ serial: Int) -> Int {
        guard frame.pointee.serial == serial else { return -1 }
        if frame.pointee.kind == kind || (kind == .array && frame.pointee.kind == .bytes) { return serial }
        guard frame.pointee.kind == .empty else { return -1 }
        guard writer.remainingDepth > 0 else {
            isTooDeep = true
            return -1
        }
        writer.remainingDepth -= 1
        writer.writeByte(0)
        frame.pointee.kind = kind
        return serial
    }

    /// Checks that the container with that serial number may write now.
    @inline(__always)
    func check(_ serial: Int) throws {
        if frame.pointee.serial != serial { throw outOfTurn() }
    }

    @inline(never)
    private func outOfTurn() -> WireError {
        if isTooDeep { return located(.tooDeep(), .none) }
        let message = "can't serialize: a container was used before or after its turn, or beside one of another kind"
        return located(WireError(.unsupportedValue, message), .none)
    }

    /// A slot with a container for keys of that type that is free; `nil` if the caller has to make one.
    @inline(__always)
    func keyedSlot<Key: CodingKey>(_ type: Key.Type) -> Unmanaged<WireKeyedSlot>? {
        reusable?.slot(type) { slot in
            KeyedEncodingContainer(WireKeyedEncodingContainer<Key>(state: self, slot: slot))
        }
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
    @inline(__always)
    private func close() throws {
        if isTooDeep { throw located(.tooDeep(), .none) }
        if children.count > frame.pointee.firstChild { try mergeChildren() }
        switch frame.pointee.kind {
        case .empty: writer.writeByte(WireMajor.map)
        case .map: writer.setHead(at: frame.pointee.start, major: WireMajor.map, count: frame.pointee.count)
        case .array: writer.setHead(at: frame.pointee.start, major: WireMajor.array, count: frame.pointee.count)
        case .single, .bytes: break
        }
    }

    private func mergeChildren() throws {
        let merged = Array(children[frame.pointee.firstChild...])
        children.removeSubrange(frame.pointee.firstChild...)
        for child in merged {
            try child.state.close()
            child.state.frame.pointee.serial = 0
            if let more = child.state.writer.references { writer.references = writer.channelReferences + more }
        }
        writer.insert(merged)
    }
}

extension WireWriter {
    /// Puts a container's head where one byte was left for it.
    @inline(__always)
    fileprivate mutating func setHead(at offset: Int, major: UInt8, count: Int) {
        if count < 24 {
            (base + offset).storeBytes(of: major | UInt8(truncatingIfNeeded: count), as: UInt8.self)
        } else {
            setLongHead(at: offset, major: major, count: count)
        }
    }

    @inline(never)
    private mutating func setLongHead(at offset: Int, major: UInt8, count: Int) {
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
