//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#ifndef CAGENT_CONSTRUCTOR_H
#define CAGENT_CONSTRUCTOR_H

#include <stddef.h>

/// The bytes that this process has allocated and not freed.
size_t execnet_test_allocated(void);
/// Gives what is free back to the system.
void execnet_test_trim(void);

#endif
