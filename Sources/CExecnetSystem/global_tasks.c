//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "CExecnetSystem.h"

#if defined(__linux__)
#include <time.h>

#define SWIFT __attribute__((swiftcall))

// Swift's runtime asks these, if they are set, instead of handing jobs to libdispatch.
extern SWIFT void (*swift_task_enqueueGlobal_hook)(void *job, void *original);
extern SWIFT void (*swift_task_enqueueGlobalWithDelay_hook)(unsigned long long delay, void *job, void *original);
extern SWIFT void (*swift_task_enqueueGlobalWithDeadline_hook)(
    long long sec, long long nsec, long long tsec, long long tnsec, int clock, void *job, void *original);

static execnet_job_handler handler;

static SWIFT void enqueue(void *job, void *original) { handler(job, 0); }

static SWIFT void enqueue_with_delay(unsigned long long delay, void *job, void *original) { handler(job, delay); }

// The clocks are numbered: 1 goes on while the machine sleeps, 2 does not.
static SWIFT void enqueue_with_deadline(
    long long sec, long long nsec, long long tsec, long long tnsec, int clock, void *job, void *original) {
    struct timespec now;
    clock_gettime(clock == 1 ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, &now);
    long long delay = (sec - now.tv_sec) * 1000000000LL + nsec - now.tv_nsec;
    handler(job, delay > 0 ? (unsigned long long)delay : 0);
}

void execnet_take_over_global_tasks(execnet_job_handler new_handler) {
    handler = new_handler;
    swift_task_enqueueGlobal_hook = enqueue;
    swift_task_enqueueGlobalWithDelay_hook = enqueue_with_delay;
    swift_task_enqueueGlobalWithDeadline_hook = enqueue_with_deadline;
}
#else
void execnet_take_over_global_tasks(execnet_job_handler new_handler) {}
#endif
