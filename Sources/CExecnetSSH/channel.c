//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// Channels: a command, or a connection that the server makes.

#include "internal.h"

#include <stdlib.h>
#include <string.h>

// MARK: opening

static int open_channel(
    execnet_ssh_session *session, const char *type, uint32_t window, uint32_t packet, const char *message, size_t count,
    execnet_ssh_channel **result) {
    *result = NULL;
    session->refusal = 0;
    session->refusalText[0] = 0;
    session->opened = EXECNET_SSH_NO_CHANNEL;
    LIBSSH2_CHANNEL *library = SSH(channel_open_ex)(
        session->library, type, (unsigned)strlen(type), window, packet, message, (unsigned)count);
    if (library == NULL) {
        int code = SSH(session_last_errno)(session->library);
        return execnet_ssh_settle(session, code < 0 ? code : EXECNET_SSH_FAILED);
    }
    execnet_ssh_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL) {
        SSH(channel_free)(library);  // or with the session, if it cannot be now
        return LIBSSH2_ERROR_ALLOC;
    }
    channel->session = session;
    channel->library = library;
    channel->number = session->opened;
    channel->status = -1;
    channel->next = session->channels;
    session->channels = channel;
    *result = channel;
    return 0;
}

int execnet_ssh_channel_open(execnet_ssh_session *session, uint32_t window, uint32_t packet, execnet_ssh_channel **channel) {
    return open_channel(session, "session", window, packet, NULL, 0, channel);
}

static char *put_number(char *at, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = (char)(value >> shift);
    return at;
}

static char *put_string(char *at, const char *text, size_t count) {
    at = put_number(at, (uint32_t)count);
    memcpy(at, text, count);
    return at + count;
}

// libssh2 has a call for this, but not with a window of our size.
int execnet_ssh_tunnel_open(
    execnet_ssh_session *session, const char *host, uint16_t port, uint32_t window, uint32_t packet, execnet_ssh_channel **channel) {
    static const char origin[] = "127.0.0.1";  // nobody but the server's log asks
    char message[1024 + sizeof origin + 16];
    size_t count = strlen(host);
    *channel = NULL;
    if (count > 1024) return LIBSSH2_ERROR_INVAL;
    char *end = put_string(message, host, count);
    end = put_number(end, port);
    end = put_string(end, origin, sizeof origin - 1);
    end = put_number(end, 0);
    return open_channel(session, "direct-tcpip", window, packet, message, (size_t)(end - message), channel);
}

uint32_t execnet_ssh_refusal(const execnet_ssh_session *session, char *text, size_t size) {
    execnet_ssh_copy_text(session->refusalText, strlen(session->refusalText), text, size);
    return session->refusal;
}

int execnet_ssh_exec(execnet_ssh_channel *channel, const char *line, size_t count) {
    int result = SSH(channel_process_startup)(channel->library, "exec", 4, line, (unsigned)count);
    return execnet_ssh_settle(channel->session, result);
}

// MARK: bytes

// What libssh2 writes at once.
enum { largestPiece = 32700 };

ssize_t execnet_ssh_read(execnet_ssh_channel *channel, int stream, uint8_t *bytes, size_t size) {
    execnet_ssh_session *session = channel->session;
    session->hidesEnd = true;
    ssize_t count = SSH(channel_read_ex)(channel->library, stream, (char *)bytes, size);
    session->hidesEnd = false;
    return count == LIBSSH2_ERROR_EAGAIN && session->hasEnded ? EXECNET_SSH_TRANSPORT_ENDED : count;
}

ssize_t execnet_ssh_write(execnet_ssh_channel *channel, const uint8_t *bytes, size_t count) {
    execnet_ssh_session *session = channel->session;
    if (count > largestPiece) count = largestPiece;
    if (count < channel->blocked) return LIBSSH2_ERROR_BAD_USE;
    if (count == 0) return 0;
    if (session->hasEnded) return EXECNET_SSH_TRANSPORT_ENDED;
    ssize_t written = SSH(channel_write_ex)(channel->library, 0, (const char *)bytes, count);
    if (written == 0) written = LIBSSH2_ERROR_EAGAIN;
    // libssh2 has the size of an unsent packet, but not its bytes, and would read past the end of fewer.
    channel->blocked = written == LIBSSH2_ERROR_EAGAIN ? count : 0;
    return written;
}

// MARK: the end

int execnet_ssh_eof(execnet_ssh_channel *channel) { return SSH(channel_send_eof)(channel->library); }

bool execnet_ssh_has_ended(execnet_ssh_channel *channel) { return SSH(channel_eof)(channel->library) > 0; }

int execnet_ssh_close(execnet_ssh_channel *channel) { return SSH(channel_close)(channel->library); }

int execnet_ssh_wait_closed(execnet_ssh_channel *channel) {
    // libssh2 refuses to wait for the second before the first.
    int result = SSH(channel_wait_eof)(channel->library);
    return result != 0 ? result : SSH(channel_wait_closed)(channel->library);
}

int64_t execnet_ssh_exit_status(const execnet_ssh_channel *channel) {
    if (channel->status >= 0) return channel->status;
    // Should the packet not have been seen, one that is not 0 is known all the same.
    int status = SSH(channel_get_exit_status)(channel->library);
    return status != 0 ? (int64_t)(uint32_t)status : -1;
}

size_t execnet_ssh_exit_signal(const execnet_ssh_channel *channel, char *name, size_t size) {
    return execnet_ssh_copy_text(channel->signal, strlen(channel->signal), name, size);
}
