//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// libssh2 keeps to itself whether a refused authentication was half of what is wanted, why a channel was not opened, and whether an exit
// status came at all (it says 0 either way). But it gives back the memory of each packet, and that is our allocator's: packets are looked
// at then. They begin with their kind, and are followed by padding and a checksum. What does not fit exactly is not one.

#include "internal.h"

#include <string.h>

enum {
    authenticationFailure = 51,
    channelOpened = 91,
    channelRefused = 92,
    channelRequest = 98,
};

// Padding is at most 255 bytes, a checksum 64.
static const size_t longestTail = 255 + 64;

// The part of a packet that is not read yet.
struct reader {
    const uint8_t *bytes;
    size_t count;
    bool isShort;  // more was wanted than there was
};

struct text {
    const char *bytes;
    size_t count;
};

static uint32_t byte(struct reader *reader) {
    if (reader->count < 1) {
        reader->isShort = true;
        return 0;
    }
    reader->count -= 1;
    return *reader->bytes++;
}

static uint32_t number(struct reader *reader) {
    uint32_t value = byte(reader) << 24;
    value |= byte(reader) << 16;
    value |= byte(reader) << 8;
    return value | byte(reader);
}

static struct text string(struct reader *reader) {
    size_t count = number(reader);
    if (reader->isShort || reader->count < count) {
        reader->isShort = true;
        return (struct text){"", 0};
    }
    struct text text = {(const char *)reader->bytes, count};
    reader->bytes += count;
    reader->count -= count;
    return text;
}

static bool is_whole(const struct reader *reader) {
    return !reader->isShort && reader->count <= longestTail;
}

static bool is_text(struct text text, const char *expected) {
    return text.count == strlen(expected) && memcmp(text.bytes, expected, text.count) == 0;
}

static void inspect_failure(execnet_ssh_session *session, struct reader reader) {
    struct text methods = string(&reader);
    uint32_t isPartial = byte(&reader);
    if (!is_whole(&reader) || isPartial > 1) return;
    session->wasDenied = true;
    session->wasPartial = isPartial;
    execnet_ssh_copy_text(methods.bytes, methods.count, session->allowed, sizeof session->allowed);
}

static void inspect_opened(execnet_ssh_session *session, struct reader reader) {
    uint32_t recipient = number(&reader);
    number(&reader);  // the server's own number, its window, its largest packet
    number(&reader);
    number(&reader);
    if (is_whole(&reader)) session->opened = recipient;
}

static void inspect_refused(execnet_ssh_session *session, struct reader reader) {
    number(&reader);
    uint32_t reason = number(&reader);
    struct text text = string(&reader);
    if (reader.isShort) return;
    session->refusal = reason;
    execnet_ssh_copy_text(text.bytes, text.count, session->refusalText, sizeof session->refusalText);
}

static void inspect_request(execnet_ssh_session *session, struct reader reader) {
    uint32_t recipient = number(&reader);
    struct text kind = string(&reader);
    byte(&reader);  // whether it wants an answer
    bool isStatus = is_text(kind, "exit-status");
    if (!isStatus && !is_text(kind, "exit-signal")) return;
    for (execnet_ssh_channel *channel = session->channels; channel != NULL; channel = channel->next) {
        if (channel->number != recipient) continue;
        if (isStatus) {
            uint32_t status = number(&reader);
            if (is_whole(&reader)) channel->status = status;
        } else {
            struct text name = string(&reader);
            if (!reader.isShort) execnet_ssh_copy_text(name.bytes, name.count, channel->signal, sizeof channel->signal);
        }
        return;
    }
}

void execnet_ssh_inspect(execnet_ssh_session *session, const uint8_t *bytes, size_t count) {
    // Data is what most packets are, and they are of another kind; of the rest none is long.
    if (count < 6 || count > 4096) return;
    struct reader reader = {bytes + 1, count - 1, false};
    switch (bytes[0]) {
    case authenticationFailure: inspect_failure(session, reader); break;
    case channelOpened: inspect_opened(session, reader); break;
    case channelRefused: inspect_refused(session, reader); break;
    case channelRequest: inspect_request(session, reader); break;
    default: break;
    }
}

size_t execnet_ssh_copy_text(const char *text, size_t count, char *target, size_t size) {
    if (size == 0) return 0;
    if (count > size - 1) count = size - 1;
    memcpy(target, text, count);
    target[count] = 0;
    return count;
}
