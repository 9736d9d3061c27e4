//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem
import ExecnetSystem

/// The Python agent: one source file that a `python3` reads from the stream before the first frame.
package enum PythonAgent {
    /// What is to be sent first, and the command that reads it.
    package static func arguments(_ interpreter: [String]) -> [String] {
        let size = execnet_python_agent_size
        let reader =
            "import os\nb=b''\nwhile len(b)<\(size):\n c=os.read(0,\(size)-len(b))\n if not c:raise SystemExit(1)\n b+=c\n"
            + "exec(compile(b,'<execnet agent>','exec'),{'__name__':'__execnet_agent__'})"
        return interpreter + ["-u", "-c", reader]
    }

    /// The source, as it is sent.
    package static var source: [UInt8] {
        Array(UnsafeBufferPointer(start: execnet_python_agent_start(), count: execnet_python_agent_size))
    }
}
