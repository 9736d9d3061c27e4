//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#include "CExecnetSystem.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t agent[] = {
#embed "../../bootstrap/agent.py"
};
const uint8_t *execnet_python_agent_start(void) { return agent; }
const size_t execnet_python_agent_size = sizeof agent;

static const uint8_t stage0[] = {
#embed "../../bootstrap/stage0.sh"
};
const uint8_t *execnet_stage0_start(void) { return stage0; }
const size_t execnet_stage0_size = sizeof stage0;

static const uint8_t stream[] = {
#embed "../../bootstrap/stream.py"
};
const uint8_t *execnet_python_stream_start(void) { return stream; }
const size_t execnet_python_stream_size = sizeof stream;
