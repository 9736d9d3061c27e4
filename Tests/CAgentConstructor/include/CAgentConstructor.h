//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#ifndef CAGENT_CONSTRUCTOR_H
#define CAGENT_CONSTRUCTOR_H
#endif
