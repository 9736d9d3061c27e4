//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "CExecnetSystem.h"

#if defined(__linux__)
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

// What libdispatch offers to run loops: a descriptor that tells of work, and the call that does it.
int _dispatch_get_main_queue_handle_4CF(void);
void _dispatch_main_queue_callback_4CF(void *ignored);

void execnet_serve_main_queue(void) {
    if (syscall(SYS_gettid) != getpid()) return;
    struct pollfd watched = {.fd = _dispatch_get_main_queue_handle_4CF(), .events = POLLIN};
    if (watched.fd < 0) return;
    for (;;) {
        _dispatch_main_queue_callback_4CF(NULL);
        poll(&watched, 1, -1);
        unsigned long long told;
        (void)!read(watched.fd, &told, sizeof told);
    }
}
#else
void execnet_serve_main_queue(void) {}
#endif
