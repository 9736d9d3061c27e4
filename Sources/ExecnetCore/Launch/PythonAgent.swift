//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import CZlib
import ExecnetSystem

/// The Python agent: one source file that a `python3` reads, compressed, from the stream before the first frame.
package enum PythonAgent {
    /// The command that reads the source and runs it.
    package static func arguments(_ interpreter: [String]) -> [String] {
        let size = source.count
        let reader =
            "import os,zlib\nb=b''\nwhile len(b)<\(size):\n c=os.read(0,\(size)-len(b))\n if not c:raise SystemExit(1)\n b+=c\n"
            + "exec(compile(zlib.decompress(b),'<execnet agent>','exec'),{'__name__':'__execnet_agent__'})"
        return interpreter + ["-u", "-c", reader]
    }

    /// The program for it that does what a native agent's streams do.
    package static let stream = String(
        decoding: UnsafeBufferPointer(start: execnet_python_stream_start(), count: execnet_python_stream_size),
        as: UTF8.self
    )

    /// The compressed source.
    package static let source: [UInt8] = {
        var size = compressBound(UInt(execnet_python_agent_size))
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let status = compress2(
            &bytes,
            &size,
            execnet_python_agent_start(),
            UInt(execnet_python_agent_size),
            Z_BEST_COMPRESSION
        )
        // The buffer is as large as zlib asks for, so this fails only without memory.
        precondition(status == Z_OK, "zlib cannot compress the Python agent")
        return Array(bytes.prefix(Int(size)))
    }()
}
