//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "CExecnetSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#endif

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) limit = 65536;
    for (int descriptor = first; descriptor < limit; descriptor++) close(descriptor);
}

// What processes that are started get, if this one has more.
static struct rlimit descriptor_limit;
static bool has_more_descriptors;

void execnet_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (has_more_descriptors || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    descriptor_limit = limit;
    limit.rlim_cur = limit.rlim_max;
    has_more_descriptors = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int execnet_has_descriptors(int any, unsigned reserve) {
    // The system gives out the lowest number that is free, so a high one says that few are left.
    int number = fcntl(any, F_DUPFD_CLOEXEC, 0);
    if (number < 0) return -1;
    close(number);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || (rlim_t)number + reserve < limit.rlim_cur) return 0;
    errno = EMFILE;
    return -1;
}

// Runs in the child, which shares the parent's memory until it executes: only system calls, no allocation.
static void become(const execnet_process_plan *plan, const sigset_t *mask, volatile execnet_process_result *result) {
    struct sigaction standard = {0};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) sigaction(number, &standard, NULL);
    setpgid(0, 0);

    result->step = EXECNET_STEP_DIRECTORY;
    if (plan->directory && chdir(plan->directory) != 0) goto failed;

    result->step = EXECNET_STEP_NICE;
    if (plan->nice != 0) {
        errno = 0;
        int now = getpriority(PRIO_PROCESS, 0);
        if (errno != 0 || setpriority(PRIO_PROCESS, 0, now + plan->nice) != 0) goto failed;
    }

    // The sources are moved out of the way first, so that no target overwrites one of them.
    result->step = EXECNET_STEP_DESCRIPTORS;
    int input = fcntl(plan->input, F_DUPFD, 10);
    int output = fcntl(plan->output, F_DUPFD, 10);
    int errors = fcntl(plan->errors, F_DUPFD, 10);
    if (input < 0 || output < 0 || errors < 0) goto failed;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) goto failed;
    close_from(3);
    if (has_more_descriptors) setrlimit(RLIMIT_NOFILE, &descriptor_limit);

    result->step = EXECNET_STEP_EXECUTE;
    sigprocmask(SIG_SETMASK, mask, NULL);
    execve(plan->path, plan->arguments, plan->environment);

failed:
    result->error = errno;
    _exit(127);
}

execnet_process_result execnet_process_start(const execnet_process_plan *plan) {
    volatile execnet_process_result result = {.pid = -1, .error = 0, .step = EXECNET_STEP_FORK};
    sigset_t all, none, before;
    sigfillset(&all);
    sigemptyset(&none);
    // No signal handler of the parent may run in the child while they share memory.
    pthread_sigmask(SIG_SETMASK, &all, &before);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    pid_t pid = vfork();
#pragma clang diagnostic pop
    if (pid == 0) become(plan, &none, &result);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    execnet_process_result answer = {.pid = pid, .error = 0, .step = EXECNET_STEP_NONE};
    if (pid < 0) {
        answer.error = error;
        answer.step = EXECNET_STEP_FORK;
    } else if (result.error != 0) {
        answer.pid = pid;
        answer.error = result.error;
        answer.step = result.step;
    }
    return answer;
}

int execnet_pidfd_open(pid_t pid) {
#if defined(__linux__) && defined(SYS_pidfd_open)
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

static volatile sig_atomic_t signal_descriptor = -1;

static void write_signal(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_descriptor, &byte, 1);
    (void)written;  // full: then others were reported that nobody has looked at yet
    errno = error;
}

void execnet_report_signal(int number, int descriptor) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN) return;
    signal_descriptor = descriptor;
    action = (struct sigaction){.sa_handler = write_signal, .sa_flags = SA_RESTART};
    sigaction(number, &action, NULL);
}

int execnet_pipe(int descriptors[2]) {
#if defined(__linux__)
    return pipe2(descriptors, O_CLOEXEC);
#else
    if (pipe(descriptors) != 0) return -1;
    fcntl(descriptors[0], F_SETFD, FD_CLOEXEC);
    return fcntl(descriptors[1], F_SETFD, FD_CLOEXEC);
#endif
}

int execnet_wait_readable(int descriptor, long nanoseconds) {
    struct pollfd watched = {.fd = descriptor, .events = POLLIN};
#if defined(__linux__)
    struct timespec limit = {.tv_sec = 0, .tv_nsec = nanoseconds};
    return ppoll(&watched, 1, &limit, NULL);
#else
    return poll(&watched, 1, (int)((nanoseconds + 999999) / 1000000));
#endif
}

int execnet_readable_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : 0;
}

int execnet_processor_count(void) {
#if defined(__linux__)
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) == 0) { return CPU_COUNT(&usable); }
#endif
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void execnet_release_memory(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

void execnet_buffer_output_by_line(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

int execnet_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? flags : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int execnet_set_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
