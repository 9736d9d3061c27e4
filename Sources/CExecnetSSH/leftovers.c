//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// Each time that it decrypts an ECDSA key in OpenSSH's format, libssh2 (1.10, and 1.11.1 too) loses one of OpenSSL's big numbers: the
// private one. So while it has a key in its hands, what OpenSSL allocates on this thread is watched, and if the private number is in
// what remains, it is wiped there.

#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { mostBlocks = 2048, largestBlock = 128, largestNumber = 72 };

struct watch {
    struct {
        void *bytes;
        size_t size;
    } blocks[mostBlocks];
    size_t count;
    uint8_t number[largestNumber];  // as OpenSSL has it: its last byte first
    size_t numberCount;
};

static _Thread_local struct watch *watch;

// MARK: what OpenSSL allocates with

static void note(void *bytes, size_t size) {
    if (bytes == NULL || size > largestBlock || watch->count == mostBlocks) return;
    watch->blocks[watch->count].bytes = bytes;
    watch->blocks[watch->count].size = size;
    watch->count += 1;
}

static void forget(void *bytes) {
    for (size_t index = watch->count; index-- > 0;) {
        if (watch->blocks[index].bytes != bytes) continue;
        watch->blocks[index] = watch->blocks[--watch->count];
        return;
    }
}

static void *allocate(size_t count, const char *file, int line) {
    (void)file, (void)line;
    if (count == 0) return NULL;
    void *bytes = malloc(count);
    if (watch != NULL) note(bytes, count);
    return bytes;
}

static void release(void *bytes, const char *file, int line) {
    (void)file, (void)line;
    if (watch != NULL) forget(bytes);
    free(bytes);
}

static void *reallocate(void *bytes, size_t count, const char *file, int line) {
    if (bytes == NULL) return allocate(count, file, line);
    if (count == 0) {
        release(bytes, file, line);
        return NULL;
    }
    void *grown = realloc(bytes, count);
    if (grown != NULL && watch != NULL) {
        forget(bytes);
        note(grown, count);
    }
    return grown;
}

bool execnet_ssh_take_over_allocation(execnet_ssh_set_allocation *set) { return set(allocate, reallocate, release) == 1; }

// MARK: watching

void execnet_ssh_watch_begin(void) {
    watch = calloc(1, sizeof *watch);  // without memory there is nothing lost but this
}

void execnet_ssh_watch_end(void) {
    struct watch *ended = watch;
    if (ended == NULL) return;
    watch = NULL;
    for (size_t index = 0; index < ended->count && ended->numberCount > 0; index++) {
        if (ended->blocks[index].size < ended->numberCount) continue;
        if (memcmp(ended->blocks[index].bytes, ended->number, ended->numberCount) != 0) continue;
        execnet_ssh_wipe(ended->blocks[index].bytes, ended->blocks[index].size);
    }
    execnet_ssh_wipe(ended, sizeof *ended);
    free(ended);
}

static bool take(const uint8_t **at, size_t *left, const uint8_t **string, size_t *count) {
    if (*left < 4) return false;
    size_t wanted = (size_t)(*at)[0] << 24 | (size_t)(*at)[1] << 16 | (size_t)(*at)[2] << 8 | (*at)[3];
    if (*left - 4 < wanted) return false;
    *string = *at + 4;
    *count = wanted;
    *at += 4 + wanted;
    *left -= 4 + wanted;
    return true;
}

// The decrypted part of a key file: the same four bytes twice, kind, curve, point, private number.
void execnet_ssh_watch_released(const uint8_t *bytes, size_t count) {
    static const char kind[] = "ecdsa-sha2-";
    if (watch == NULL || count < 8 || memcmp(bytes, bytes + 4, 4) != 0) return;
    const uint8_t *at = bytes + 8, *string;
    size_t left = count - 8, length;
    if (!take(&at, &left, &string, &length) || length < sizeof kind - 1 || memcmp(string, kind, sizeof kind - 1) != 0) return;
    for (int part = 0; part < 3; part++) {
        if (!take(&at, &left, &string, &length)) return;
    }
    while (length > 0 && *string == 0) {
        string++;
        length--;
    }
    if (length > largestNumber) return;
    watch->numberCount = length;
    for (size_t index = 0; index < length; index++) watch->number[index] = string[length - 1 - index];
}
