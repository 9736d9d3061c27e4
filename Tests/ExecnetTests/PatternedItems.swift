//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Large items that differ in nearly every byte, made and compared at the speed of memory in debug builds too.
struct PatternedItems: Sendable {
    private static let step = 4_099
    private let noise: [UInt8]
    private let size: Int

    init(size: Int) {
        self.size = size
        var generator = SystemRandomNumberGenerator()
        var words: [UInt64] = []
        for _ in 0..<(2 * size / 8) { words.append(generator.next()) }
        noise = words.withUnsafeBytes { [UInt8]($0) }
    }

    func item(_ number: Int) -> [UInt8] {
        noise.withUnsafeBytes { [UInt8](UnsafeRawBufferPointer(rebasing: $0[start(number)..<(start(number) + size)])) }
    }

    func isItem(_ item: [UInt8], _ number: Int) -> Bool {
        guard item.count == size else { return false }
        return noise.withUnsafeBytes { noise in
            item.withUnsafeBytes { item in
                guard let expected = noise.baseAddress, let found = item.baseAddress else { return false }
                return memcmp(found, expected + start(number), size) == 0
            }
        }
    }

    private func start(_ number: Int) -> Int { number * PatternedItems.step % size }
}
