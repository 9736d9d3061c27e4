//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// The memory of a session: wiped when it is given back, zeros when it is new, and none of it can be lost.

#include "internal.h"

#include <stdlib.h>
#include <string.h>

// No packet is larger than 35000 bytes, and a session itself not than 100 KiB: more is a server's lie about a length, which libssh2
// believes in places.
static const size_t limit = 1 << 20;
// Of a whole session: the window that a server may fill, and what libssh2 keeps of messages that it does not know.
static const size_t totalLimit = 32 << 20;

void execnet_ssh_wipe(void *bytes, size_t count) {
    if (count == 0) return;
    memset(bytes, 0, count);
    __asm__ volatile("" : : "r"(bytes) : "memory");  // the memset is not useless, compiler
}

__attribute__((noinline)) void execnet_ssh_wipe_stack(void) {
    char left[48 << 10];
    execnet_ssh_wipe(left, sizeof left);
}

void *execnet_ssh_allocate(size_t count, void **abstract) {
    execnet_ssh_session *session = *abstract;
    if (count > limit || session->allocated > totalLimit) return NULL;
    struct execnet_ssh_block *block = calloc(1, sizeof *block + count);
    if (block == NULL) return NULL;
    block->size = count;
    block->next = &session->blocks;
    block->previous = session->blocks.previous;
    block->previous->next = block;
    session->blocks.previous = block;
    session->allocated += count;
    return block + 1;
}

void execnet_ssh_release(void *bytes, void **abstract) {
    if (bytes == NULL) return;
    execnet_ssh_session *session = *abstract;  // which may lie in these very bytes
    struct execnet_ssh_block *block = (struct execnet_ssh_block *)bytes - 1;
    execnet_ssh_inspect(session, bytes, block->size);
    execnet_ssh_watch_released(bytes, block->size);
    block->next->previous = block->previous;
    block->previous->next = block->next;
    session->allocated -= block->size;
    execnet_ssh_wipe(block, sizeof *block + block->size);
    free(block);
}

void *execnet_ssh_reallocate(void *bytes, size_t count, void **abstract) {
    void *grown = execnet_ssh_allocate(count, abstract);
    if (grown == NULL || bytes == NULL) return grown;
    size_t size = ((struct execnet_ssh_block *)bytes - 1)->size;
    memcpy(grown, bytes, size < count ? size : count);
    execnet_ssh_release(bytes, abstract);
    return grown;
}

size_t execnet_ssh_release_all(execnet_ssh_session *session) {
    size_t left = session->allocated;
    void *abstract = session;
    while (session->blocks.next != &session->blocks) execnet_ssh_release(session->blocks.next + 1, &abstract);
    return left;
}
