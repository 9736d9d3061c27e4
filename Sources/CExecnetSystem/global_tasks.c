//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#include "CExecnetSystem.h"

#if defined(__linux__)
#define SWIFT __attribute__((swiftcall))

// Swift's runtime asks it, if it is set, instead of handing a job to libdispatch.
extern SWIFT void (*swift_task_enqueueGlobal_hook)(void *job, void *original);

static execnet_job_handler handler;

static SWIFT void enqueue(void *job, void *original) { handler(job); }

void execnet_take_over_global_tasks(execnet_job_handler new_handler) {
    handler = new_handler;
    swift_task_enqueueGlobal_hook = enqueue;
}
#else
void execnet_take_over_global_tasks(execnet_job_handler new_handler) {}
#endif
