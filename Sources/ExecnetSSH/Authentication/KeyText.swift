//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What can be told of a key by its text, without decrypting it.
struct KeyText: Sendable, Hashable {
    enum Format: Sendable, Hashable {
        /// OpenSSH's own, which has the public key in the clear.
        case openSSH
        case pem
        case pkcs8
        /// Only the public key: a .pub file.
        case publicLine
    }

    let format: Format
    /// Nil if only who has the passphrase can tell.
    var kind: KeyKind?
    let isEncrypted: Bool
    var publicKey: PublicKey?
    /// What the private part is encrypted with, in OpenSSH's format.
    private(set) var cipher: String?

    /// Reads the text of a private key, or of the .pub file of one.
    init(_ text: UnsafeRawBufferPointer) throws(KeyError) {
        guard let pem = PEMText(text) else {
            self.init(publicKey: try KeyText.publicKey(in: text))
            return
        }
        switch pem.label {
        case "OPENSSH PRIVATE KEY": try self.init(openSSH: pem.bytes)
        case "EC PRIVATE KEY": self.init(.pem, .ecdsa, isEncrypted: pem.isEncrypted)
        case "RSA PRIVATE KEY": self.init(.pem, .rsa, isEncrypted: pem.isEncrypted)
        case "DSA PRIVATE KEY": self.init(.pem, .dsa, isEncrypted: pem.isEncrypted)
        case "PRIVATE KEY": self.init(.pkcs8, KeyText.kind(inPKCS8: pem.bytes), isEncrypted: false)
        case "ENCRYPTED PRIVATE KEY": self.init(.pkcs8, nil, isEncrypted: true)
        default: throw .noKey("it is of a kind that is not known")
        }
    }

    private init(_ format: Format, _ kind: KeyKind?, isEncrypted: Bool) {
        self.format = format
        self.kind = kind
        self.isEncrypted = isEncrypted
    }

    private init(publicKey: PublicKey) {
        self.init(.publicLine, KeyKind(type: publicKey.type), isEncrypted: false)
        self.publicKey = publicKey
    }

    /// Why it is not used here; nil if nothing is known against it.
    var obstacle: KeyObstacle? {
        if let obstacle = kind?.obstacle { return obstacle }
        guard let cipher, isEncrypted, !KeyText.ciphers.contains(cipher) else { return nil }
        return KeyObstacle("it is encrypted with \(cipher), which libssh2 does not know", needsOpenSSH: true)
    }

    /// Type and key, as a line of a .pub file has them.
    var publicLine: String? { publicKey?.text }

    // MARK: OpenSSH's format

    private static let magic = Array("openssh-key-v1\0".utf8)
    private static let longestName = 64
    private static let longestKDFOptions = 1_024
    /// What libssh2 1.10 decrypts.
    private static let ciphers = ["aes128", "aes192", "aes256"].flatMap { ["\($0)-ctr", "\($0)-cbc"] } + ["3des-cbc"]

    private init(openSSH bytes: PEMText.Bytes) throws(KeyError) {
        var bytes = bytes
        guard bytes.take(KeyText.magic.count) == KeyText.magic,
            let cipher = bytes.string(limit: KeyText.longestName),
            bytes.string(limit: KeyText.longestName) != nil,
            bytes.string(limit: KeyText.longestKDFOptions) != nil,
            bytes.number() == 1,
            let blob = bytes.string(limit: PublicKey.maximumSize)
        else { throw .noKey("it is damaged") }
        let name = SSHText.printable(cipher)
        let key: PublicKey
        do { key = try PublicKey(blob: blob) } catch { throw .noKey("its public part is damaged") }
        self.init(.openSSH, KeyKind(type: key.type), isEncrypted: name != "none")
        publicKey = key
        self.cipher = name
    }

    // MARK: PKCS8

    /// The algorithm stands before the key: SEQUENCE { INTEGER 0, SEQUENCE { OBJECT IDENTIFIER ...
    private static func kind(inPKCS8 bytes: PEMText.Bytes) -> KeyKind? {
        var bytes = bytes
        guard bytes.next() == 0x30, let first = bytes.next() else { return nil }
        // The length of the whole: in this byte, or in as many more as it says.
        if first > 0x80, bytes.take(Int(min(first & 0x7f, 4))) == nil { return nil }
        guard bytes.take(3) == [0x02, 0x01, 0x00], bytes.next() == 0x30, let length = bytes.next(), length < 0x80,
            bytes.next() == 0x06, let size = bytes.next(), size < 0x20, let identifier = bytes.take(Int(size))
        else { return nil }
        return switch identifier {
        case [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]: .ecdsa
        case [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]: .rsa
        case [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]: .dsa
        case [0x2b, 0x65, 0x70]: .ed25519
        default: nil
        }
    }

    // MARK: public keys

    /// The first line that is no comment: type and base64, and what follows those.
    private static func publicKey(in text: UnsafeRawBufferPointer) throws(KeyError) -> PublicKey {
        for line in text.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) where line.first != UInt8(ascii: "#") {
            let words = line.split(maxSplits: 2) { $0 == 0x20 || $0 == 0x09 }
            guard words.count >= 2, let blob = Base64.decode(words[1]), let key = try? PublicKey(blob: blob),
                words[0].elementsEqual(key.type.utf8)
            else { break }
            return key
        }
        throw .noKey("it has no key")
    }
}
