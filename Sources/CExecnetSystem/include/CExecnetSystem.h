//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// What the Swift side needs from the system and cannot say in Swift: starting a process, the bounds of the
// running image, a thread-local word, and the text of the Python agent.

#ifndef CEXECNET_SYSTEM_H
#define CEXECNET_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

// MARK: processes

// What a new process is started with. All strings outlive the call.
typedef struct {
    const char *path;            // the executable; no search
    char *const *arguments;      // ends with NULL
    char *const *environment;    // ends with NULL
    const char *directory;       // or NULL to stay
    int32_t nice;                // added to the niceness; 0 leaves it
    int32_t input;               // becomes descriptor 0
    int32_t output;              // becomes descriptor 1
    int32_t errors;              // becomes descriptor 2
} execnet_process_plan;

// The step at which a start failed.
typedef enum {
    EXECNET_STEP_NONE = 0,
    EXECNET_STEP_FORK,
    EXECNET_STEP_DIRECTORY,
    EXECNET_STEP_NICE,
    EXECNET_STEP_DESCRIPTORS,
    EXECNET_STEP_EXECUTE,
} execnet_process_step;

typedef struct {
    pid_t pid;                   // or -1
    int32_t error;               // errno of the step that failed
    execnet_process_step step;
} execnet_process_result;

// Starts a process as the leader of its own process group, with default signals and only descriptors 0 to 2.
execnet_process_result execnet_process_start(const execnet_process_plan *plan);

// Lets this process have as many descriptors as it may. Those that it starts from now on have the limit that it had.
void execnet_raise_descriptor_limit(void);

// Whether this process may open `reserve` descriptors and one more. -1 with EMFILE if not; `any` is one that is open.
int execnet_has_descriptors(int any, unsigned reserve);

// A descriptor that becomes readable when the process ends, or -1 with errno (old kernels, sandboxes).
int execnet_pidfd_open(pid_t pid);

// From now on a signal of this number, unless it is ignored, does nothing but write its number as a byte to `descriptor`, which does not
// block. All calls give the same descriptor. Programs that are executed get the default again.
void execnet_report_signal(int number, int descriptor);

// A pipe that no child inherits.
int execnet_pipe(int descriptors[2]);

// Waits until a descriptor can be read; as poll(2), but in nanoseconds.
int execnet_wait_readable(int descriptor, long nanoseconds);

// How many bytes a pipe or a stream socket holds for its reader; 0 if that cannot be told.
int execnet_readable_bytes(int descriptor);

// How many processors this process may use.
int execnet_processor_count(void);

// Gives memory that is free back to the system, where the allocator keeps it for later (glibc).
void execnet_release_memory(void);

// Lets every line that is printed out at once, as on a terminal.
void execnet_buffer_output_by_line(void);

int execnet_set_nonblocking(int descriptor);
int execnet_set_close_on_exec(int descriptor);

// MARK: the running image

// Where the main executable lies in memory.
const void *execnet_image_start(void);
const void *execnet_image_end(void);

// Lets go of the pages with code of this process; what is run again comes back from the file, page by page. The start of a program
// touches much that it never needs again: of a large static executable most of what is resident.
void execnet_forget_code(void);

// Identity of the main executable: its build id if it has one, its segments, and the table of all function addresses that
// unwinding uses. Two builds with equal tables have their functions at equal offsets, which is what shipping a closure needs.
uint64_t execnet_image_fingerprint(void);

// Whether the main executable is not what the kernel executed, but was loaded by a loader that was: `ld-linux.so PROGRAM`.
bool execnet_started_through_loader(void);

// Calls for every library that is loaded, and for what else the loader counts among them (with names that are no paths).
void execnet_visit_libraries(void (*visitor)(const char *path, void *context), void *context);

// MARK: threads

// Runs what is put on the main queue (and so on Swift's main actor), for ever. Returns at once if this is not the main thread or not
// Linux. What libdispatch does itself, dispatch_main(), ends the main thread, and in a static executable the unwinding for that first
// sorts the tables of all functions: several milliseconds of every agent's start.
void execnet_serve_main_queue(void);

// Takes a job of Swift's runtime.
typedef void (*execnet_job_handler)(void *job);

// From now on tasks that prefer no executor are handed to `handler`, and not to libdispatch. It goes on to wake those that sleep.
void execnet_take_over_global_tasks(execnet_job_handler handler);

// Starts a detached thread with a name of at most 15 bytes; returns 0 or an errno.
int execnet_thread_start(const char *name, void (*body)(void *context), void *context);

// Lets the calling thread run only when nothing else wants to (Linux, where threads have a niceness of their own).
void execnet_lower_thread_priority(void);

// A word of the calling thread's own: the worker that it belongs to, if any.
void *execnet_current_worker(void);
void execnet_set_current_worker(void *worker);

// MARK: what is planted

const uint8_t *execnet_python_agent_start(void);
extern const size_t execnet_python_agent_size;
const uint8_t *execnet_stage0_start(void);
extern const size_t execnet_stage0_size;

// The program that joins a channel of it to a process or a connection.
const uint8_t *execnet_python_stream_start(void);
extern const size_t execnet_python_stream_size;

#endif
