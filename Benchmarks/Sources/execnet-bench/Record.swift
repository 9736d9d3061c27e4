//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import ExecnetWire

/// The nested record of W8, encoded by hand.
struct Record {
    struct Meta {
        var k1: Int
        var k2: Int?
        var blob: [UInt8]
    }

    var id: Int
    var name: String
    var tags: [String]
    var pos: [Double]
    var active: Bool
    var meta: Meta
}

/// The same record, encoded by what the compiler derives.
struct CodableRecord: Codable {
    struct Meta: Codable {
        var k1: Int
        var k2: Int?
        var blob: [UInt8]
    }

    var id: Int
    var name: String
    var tags: [String]
    var pos: [Double]
    var active: Bool
    var meta: Meta

    init(_ record: Record) {
        id = record.id
        name = record.name
        tags = record.tags
        pos = record.pos
        active = record.active
        meta = Meta(k1: record.meta.k1, k2: record.meta.k2, blob: record.meta.blob)
    }
}

extension Record.Meta: WireCodable {
    func encode(into writer: inout WireWriter) throws(WireError) {
        writer.beginMap(3)
        try writer.writeEntry("k1", k1)
        try writer.writeEntry("k2", k2)
        try writer.writeEntry("blob", blob)
    }
    init(from reader: inout WireReader) throws(WireError) {
        var k1: Int?
        var k2: Int?
        var blob: [UInt8]?
        try reader.readMap { (reader, key) throws(WireError) in
            switch key {
            case "k1": k1 = try reader.readInt()
            case "k2": k2 = try reader.read()
            case "blob": blob = try reader.readBytes()
            default: try reader.skip()
            }
        }
        self.k1 = try reader.require(k1, "k1")
        self.k2 = k2
        self.blob = try reader.require(blob, "blob")
    }
}
extension Record.Meta: Codable {}

extension Record: Codable {}
extension Record: WireCodable {
    func encode(into writer: inout WireWriter) throws(WireError) {
        writer.beginMap(6)
        try writer.writeEntry("id", id)
        try writer.writeEntry("name", name)
        try writer.writeEntry("tags", tags)
        try writer.writeEntry("pos", pos)
        try writer.writeEntry("active", active)
        try writer.writeEntry("meta", meta)
    }
    init(from reader: inout WireReader) throws(WireError) {
        var id: Int?
        var name: String?
        var tags: [String]?
        var pos: [Double]?
        var active: Bool?
        var meta: Meta?
        try reader.readMap { (reader, key) throws(WireError) in
            switch key {
            case "id": id = try reader.readInt()
            case "name": name = try reader.readString()
            case "tags": tags = try reader.read()
            case "pos": pos = try reader.read()
            case "active": active = try reader.readBool()
            case "meta": meta = try reader.read()
            default: try reader.skip()
            }
        }
        self.id = try reader.require(id, "id")
        self.name = try reader.require(name, "name")
        self.tags = try reader.require(tags, "tags")
        self.pos = try reader.require(pos, "pos")
        self.active = try reader.require(active, "active")
        self.meta = try reader.require(meta, "meta")
    }
}
