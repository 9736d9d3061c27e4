//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// A function as it travels: its place in the image, which both sides share.
///
/// A closure is two words, the function and its context. Without captures the context is null and the function's place is all there is to
/// know. The words are read through a struct that stores the closure, because a cast may wrap it into a thunk first.
package struct ShippedFunction: Sendable {
    /// Bytes from the start of the image.
    package var offset: UInt64

    private struct Words {
        var function: UInt
        var context: UInt
    }

    /// - Throws: ``GatewayError`` with code `notShippable` if the closure has captures, or its code is in a shared library.
    package init<Box>(of box: Box) throws(GatewayError) {
        guard MemoryLayout<Box>.size == MemoryLayout<Words>.size else {
            throw GatewayError(.notShippable, "Only a plain closure can be sent.")
        }
        let words = withUnsafeBytes(of: box) { $0.loadUnaligned(as: Words.self) }
        guard words.context == 0 else {
            throw GatewayError(
                .notShippable,
                "The closure captures values from its surroundings, which do not exist on the far side. Pass them as arguments: "
                    + "remoteExec(argument) { channel, argument in … }. (Functions of a type other than asked for count as capturing.)"
            )
        }
        let start = UInt(bitPattern: execnet_image_start())
        guard words.function >= start, words.function < UInt(bitPattern: execnet_image_end()) else {
            throw GatewayError(.notShippable, "The closure's code is in a shared library, not in this executable.")
        }
        offset = UInt64(words.function - start)
    }

    package init(offset: UInt64) { self.offset = offset }

    /// The closure again, as the only field of a `Box`. Nil if the place is outside of the image.
    ///
    /// That the code there has the type of the box is what equal images guarantee; the caller has compared them.
    package func load<Box>(as type: Box.Type) -> Box? {
        let start = UInt(bitPattern: execnet_image_start())
        guard MemoryLayout<Box>.size == MemoryLayout<Words>.size,
            offset < UInt64(UInt(bitPattern: execnet_image_end()) - start)
        else { return nil }
        let words = Words(function: start + UInt(offset), context: 0)
        return withUnsafeBytes(of: words) { $0.load(as: type) }
    }

    /// Identity of the running image, as text.
    package static let build = String(execnet_image_fingerprint(), radix: 16)
}
