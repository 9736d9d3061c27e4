//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// A session from its first byte to its end.

#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// MARK: what libssh2 calls

static ssize_t send_bytes(int socket, const void *bytes, size_t count, int flags, void **abstract) {
    (void)socket, (void)flags;
    execnet_ssh_session *session = *abstract;
    if (!session->hasEnded) session->io.send(session->io.owner, bytes, count);
    return (ssize_t)count;
}

static ssize_t receive_bytes(int socket, void *bytes, size_t capacity, int flags, void **abstract) {
    (void)socket, (void)flags;
    execnet_ssh_session *session = *abstract;
    ssize_t count = session->hasEnded ? 0 : session->io.receive(session->io.owner, bytes, capacity);
    if (count == 0) session->hasEnded = true;
    return count < 0 || (count == 0 && session->hidesEnd) ? -EAGAIN : count;
}

static void disconnected(
    LIBSSH2_SESSION *library, int reason, const char *text, int count, const char *language, int languageCount, void **abstract) {
    (void)library, (void)language, (void)languageCount;
    execnet_ssh_session *session = *abstract;
    session->wasLeft = true;
    if (session->io.disconnected == NULL) return;
    bool hasText = text != NULL && count > 0;
    session->io.disconnected(session->io.owner, (uint32_t)reason, hasText ? text : "", hasText ? (size_t)count : 0);
}

// MARK: begin and end

execnet_ssh_session *execnet_ssh_open(const execnet_ssh_io *io) {
    execnet_ssh_session *session = calloc(1, sizeof *session);
    if (session == NULL) return NULL;
    session->io = *io;
    session->blocks.next = session->blocks.previous = &session->blocks;
    session->opened = EXECNET_SSH_NO_CHANNEL;
    session->library = SSH(session_init_ex)(execnet_ssh_allocate, execnet_ssh_release, execnet_ssh_reallocate, session);
    if (session->library == NULL) {
        free(session);
        return NULL;
    }
    SSH(session_callback_set)(session->library, LIBSSH2_CALLBACK_SEND, (void *)send_bytes);
    SSH(session_callback_set)(session->library, LIBSSH2_CALLBACK_RECV, (void *)receive_bytes);
    SSH(session_callback_set)(session->library, LIBSSH2_CALLBACK_DISCONNECT, (void *)disconnected);
    SSH(session_set_blocking)(session->library, 0);
    return session;
}

size_t execnet_ssh_free(execnet_ssh_session *session) {
    // With a transport that has ended, all that waits fails at once. A key exchange has to fail by itself to give back what it has of
    // OpenSSL's; libssh2 does not look for it.
    session->hasEnded = true;
    if (session->isShakingHands) SSH(session_handshake)(session->library, execnet_ssh_placeholder());
    int turns = 2;
    while (SSH(session_free)(session->library) == LIBSSH2_ERROR_EAGAIN && --turns > 0) {
    }
    while (session->channels != NULL) {
        execnet_ssh_channel *channel = session->channels;
        session->channels = channel->next;
        free(channel);
    }
    size_t lost = execnet_ssh_release_all(session);
    execnet_ssh_wipe(session, sizeof *session);
    free(session);
    return lost;
}

int execnet_ssh_disconnect(execnet_ssh_session *session, const char *text) {
    return SSH(session_disconnect_ex)(session->library, SSH_DISCONNECT_BY_APPLICATION, text, "");
}

int execnet_ssh_error(execnet_ssh_session *session, char *text, size_t size) {
    char *message = NULL;
    int count = 0;
    int code = SSH(session_last_error)(session->library, &message, &count, 0);
    bool hasText = message != NULL && count > 0;
    execnet_ssh_copy_text(hasText ? message : "", hasText ? (size_t)count : 0, text, size);
    return code;
}

// MARK: algorithms

static bool is_known(const char *name, size_t length, const char **names, int count) {
    for (int index = 0; index < count; index++) {
        if (strlen(names[index]) == length && memcmp(names[index], name, length) == 0) return true;
    }
    return false;
}

int execnet_ssh_prefer(execnet_ssh_session *session, execnet_ssh_method method, const char *list) {
    const char **names = NULL;
    int count = SSH(session_supported_algs)(session->library, (int)method, &names);
    if (count < 0) return count;
    // libssh2 would leave unknown names out too, but copies text over itself for it.
    char *known = calloc(1, strlen(list) + 1), *end = known;
    while (known != NULL && *list != 0) {
        size_t length = strcspn(list, ",");
        if (is_known(list, length, names, count)) {
            if (end > known) *end++ = ',';
            memcpy(end, list, length);
            end += length;
        }
        list += length;
        if (*list == ',') list++;
    }
    SSH(free)(session->library, names);
    if (known == NULL) return LIBSSH2_ERROR_ALLOC;
    int result = end == known ? LIBSSH2_ERROR_METHOD_NOT_SUPPORTED : SSH(session_method_pref)(session->library, (int)method, known);
    free(known);
    return result;
}

// MARK: handshake

int execnet_ssh_handshake(execnet_ssh_session *session) {
    int result = SSH(session_handshake)(session->library, execnet_ssh_placeholder());
    session->isShakingHands = result == LIBSSH2_ERROR_EAGAIN;
    return execnet_ssh_settle(session, result);
}

int execnet_ssh_settle(const execnet_ssh_session *session, int result) {
    switch (result) {
    case LIBSSH2_ERROR_EAGAIN:
    case LIBSSH2_ERROR_KEX_FAILURE:
    case LIBSSH2_ERROR_CHANNEL_FAILURE:
    case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
        return result;
    default:
        if (result >= 0 || session->wasDenied) return result;
        if (session->wasLeft) return EXECNET_SSH_DISCONNECTED;
        return session->hasEnded ? EXECNET_SSH_TRANSPORT_ENDED : result;
    }
}

const uint8_t *execnet_ssh_host_key(execnet_ssh_session *session, size_t *count) {
    int type = 0;
    return (const uint8_t *)SSH(session_hostkey)(session->library, count, &type);
}
