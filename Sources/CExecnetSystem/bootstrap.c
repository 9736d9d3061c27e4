//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#include "CExecnetSystem.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

const uint8_t execnet_python_agent[] = {
#embed "../../bootstrap/agent.py"
};
const size_t execnet_python_agent_size = sizeof execnet_python_agent;
