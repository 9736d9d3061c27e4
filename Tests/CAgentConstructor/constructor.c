//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#include "CAgentConstructor.h"

// Test bundles have no main of their own: this runs before theirs.
extern void execnet_serve_tests_as_agent(void);

__attribute__((constructor)) static void serve(void) { execnet_serve_tests_as_agent(); }
