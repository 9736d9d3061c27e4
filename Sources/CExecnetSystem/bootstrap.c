//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#include "CExecnetSystem.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t text[] = {
#embed "../../bootstrap/agent.py"
};
const uint8_t *execnet_python_agent_start(void) { return text; }
const size_t execnet_python_agent_size = sizeof text;
