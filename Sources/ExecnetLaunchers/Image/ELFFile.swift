//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetSystem

/// What an executable's header says about it.
package struct ELFFile: Hashable, Sendable {
    package let platform: Platform
    /// The loader that starts it; nil if it is static, which means that it needs no other file.
    package let interpreter: String?
    package let is64Bit: Bool
    package let isLittleEndian: Bool

    package var isStatic: Bool { interpreter == nil }

    /// Why a file is not an executable of this form, to be put after its name: "is not an ELF executable".
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package let description: String

        fileprivate init(_ description: String) { self.description = description }
    }

    package init(path: String) throws(Malformed) {
        let file = Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC))
        let error = errno
        guard file.value >= 0 else {
            throw Malformed("cannot be read (\(SystemError("open \"\(path)\"", number: error).reason))")
        }
        var information = stat()
        guard fstat(file.value, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw Malformed("is not a file")
        }
        let source = Source(size: Int(information.st_size)) { offset, count in
            var bytes = [UInt8](repeating: 0, count: count)
            return pread(file.value, &bytes, count, off_t(offset)) == count ? bytes : nil
        }
        try self.init(source)
    }

    /// Reads bytes in memory.
    package init(_ bytes: [UInt8]) throws(Malformed) {
        try self.init(Source(size: bytes.count) { Array(bytes[$0..<($0 + $1)]) })
    }

    private init(_ source: Source) throws(Malformed) {
        guard source.size >= 4, try source.bytes(at: 0, count: 4) == [0x7f, 0x45, 0x4c, 0x46] else {
            throw Malformed("is not an ELF executable")
        }
        let identification = try source.bytes(at: 0, count: 16)
        guard (1...2).contains(identification[4]), (1...2).contains(identification[5]) else {
            throw Malformed("has an ELF header of an unknown form")
        }
        is64Bit = identification[4] == 2
        isLittleEndian = identification[5] == 1
        let header = Fields(try source.bytes(at: 0, count: is64Bit ? 64 : 52), isLittleEndian: isLittleEndian)
        guard (2...3).contains(header.number(at: 16, size: 2)), header.number(at: 24, size: is64Bit ? 8 : 4) != 0 else {
            throw Malformed("is not an executable, but an object file or a library")
        }
        platform = try ELFFile.platform(
            osABI: identification[7],
            machine: header.number(at: 18, size: 2),
            is64Bit: is64Bit,
            isLittleEndian: isLittleEndian
        )
        interpreter = try ELFFile.interpreter(header, is64Bit: is64Bit, source)
    }

    /// Goes through the table of segments, all of which have to be in the file.
    private static func interpreter(_ header: Fields, is64Bit: Bool, _ source: Source) throws(Malformed) -> String? {
        let start = is64Bit ? header.number(at: 32, size: 8) : header.number(at: 28, size: 4)
        let size = header.number(at: is64Bit ? 54 : 42, size: 2)
        let count = header.number(at: is64Bit ? 56 : 44, size: 2)
        guard size == (is64Bit ? 56 : 32), (1...maximumSegments).contains(count) else {
            throw Malformed("has no table of segments, or one of an unknown form")
        }
        let table = Fields(try source.bytes(at: start, count: size * count), isLittleEndian: header.isLittleEndian)
        var interpreter: String?
        for place in stride(from: 0, to: Int(size * count), by: Int(size)) {
            let offset = is64Bit ? table.number(at: place + 8, size: 8) : table.number(at: place + 4, size: 4)
            let length = is64Bit ? table.number(at: place + 32, size: 8) : table.number(at: place + 16, size: 4)
            switch table.number(at: place, size: 4) {
            case loadedSegment: try source.check(offset, length)
            case interpreterSegment: interpreter = try path(at: offset, length, source)
            default: break
            }
        }
        return interpreter
    }

    private static func path(at offset: UInt64, _ length: UInt64, _ source: Source) throws(Malformed) -> String {
        let wrong = Malformed("names no loader that could exist")
        guard length <= UInt64(PATH_MAX) else { throw wrong }
        let name = try source.bytes(at: offset, count: length).prefix { $0 != 0 }
        guard name.first == UInt8(ascii: "/"), let path = String(validating: name, as: UTF8.self) else { throw wrong }
        return path
    }

    /// Linkers make about a dozen.
    private static let maximumSegments: UInt64 = 1_024
    /// PT_LOAD and PT_INTERP.
    private static let loadedSegment: UInt64 = 1
    private static let interpreterSegment: UInt64 = 3

    private static func platform(
        osABI: UInt8,
        machine: UInt64,
        is64Bit: Bool,
        isLittleEndian: Bool
    ) throws(Malformed) -> Platform {
        let system: String? =
            switch osABI {
            case 0, 3: "linux"
            case 9: "freebsd"
            default: nil
            }
        let name: String? =
            switch (machine, is64Bit, isLittleEndian) {
            case (3, false, true): "i686"
            case (62, true, true): "x86_64"
            case (40, false, true): "arm"
            case (183, true, true): "aarch64"
            case (243, true, true): "riscv64"
            case (243, false, true): "riscv32"
            case (258, true, true): "loongarch64"
            case (21, true, true): "ppc64le"
            case (21, true, false): "ppc64"
            case (22, true, false): "s390x"
            default: nil
            }
        guard let system, let name, let platform = Platform(system: system, machine: name) else {
            throw Malformed("is built for a machine that is not known here (ELF system \(osABI), machine \(machine))")
        }
        return platform
    }
}

/// The bytes of a file; nothing beyond its end is ever asked for.
private struct Source {
    let size: Int
    private let read: (_ offset: Int, _ count: Int) -> [UInt8]?

    init(size: Int, read: @escaping (_ offset: Int, _ count: Int) -> [UInt8]?) {
        self.size = size
        self.read = read
    }

    func bytes(at offset: UInt64, count: UInt64) throws(ELFFile.Malformed) -> [UInt8] {
        try check(offset, count)
        guard let bytes = read(Int(offset), Int(count)) else { throw ELFFile.Malformed("cannot be read") }
        return bytes
    }

    func check(_ offset: UInt64, _ count: UInt64) throws(ELFFile.Malformed) {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard !overflow, end <= UInt64(size) else { throw ELFFile.Malformed("is cut short") }
    }
}

/// Numbers in a header, in its byte order.
private struct Fields {
    let bytes: [UInt8]
    let isLittleEndian: Bool

    init(_ bytes: [UInt8], isLittleEndian: Bool) {
        self.bytes = bytes
        self.isLittleEndian = isLittleEndian
    }

    func number(at offset: Int, size: Int) -> UInt64 {
        let field = bytes[offset..<(offset + size)]
        return isLittleEndian
            ? field.reversed().reduce(0) { $0 << 8 | UInt64($1) } : field.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
