//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

import CExecnetSystem

/// What a new process is started with. It leads a process group of its own and holds no other descriptors than these three.
package struct ProcessPlan: Sendable {
    /// Path of the executable; not searched for.
    package var executable: String
    /// All arguments, the name of the program first.
    package var arguments: [String]
    package var environment: [String: String]
    package var directory: String?
    package var nice: Int32 = 0

    package init(
        executable: String,
        arguments: [String],
        environment: [String: String] = ProcessPlan.currentEnvironment
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    /// This process's environment.
    package static var currentEnvironment: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }

    /// Starts the process. Throws what kept it from executing, by step.
    func start(input: Descriptor, output: Descriptor, errors: Descriptor) throws(SystemError) -> Int32 {
        let result = withCStrings(arguments) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                executable.withCString { path in
                    withOptionalCString(directory) { directory in
                        var plan = execnet_process_plan(
                            path: path,
                            arguments: arguments,
                            environment: environment,
                            directory: directory,
                            nice: nice,
                            input: input.value,
                            output: output.value,
                            errors: errors.value
                        )
                        return execnet_process_start(&plan)
                    }
                }
            }
        }
        guard result.error != 0 else { return result.pid }
        // A child that failed before it executed has exited and is nobody else's to reap.
        if result.pid > 0 { while waitpid(result.pid, nil, 0) < 0, errno == EINTR {} }
        throw SystemError(operation(result.step), number: result.error)
    }

    private func operation(_ step: execnet_process_step) -> String {
        switch step {
        case EXECNET_STEP_DIRECTORY: "change to the directory \"\(directory ?? "")\""
        case EXECNET_STEP_NICE: "change the niceness by \(nice)"
        case EXECNET_STEP_DESCRIPTORS: "arrange the descriptors of \"\(executable)\""
        case EXECNET_STEP_EXECUTE: "execute \"\(executable)\""
        default: "start a process"
        }
    }
}

private func withCStrings<R>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
        // The array always holds its end mark, so it has a base address.
        withUnsafePointer(to: nil as UnsafeMutablePointer<CChar>?) { body(buffer.baseAddress ?? $0) }
    }
}

private func withOptionalCString<R>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
    guard let string else { return body(nil) }
    return string.withCString(body)
}
