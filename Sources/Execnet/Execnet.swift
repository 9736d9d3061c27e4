//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// What a program imports: everything it needs under one name.

@_exported public import ExecnetCore
@_exported public import ExecnetLaunchers
@_exported public import ExecnetSSH
@_exported public import ExecnetSocketServer
@_exported public import ExecnetWire
