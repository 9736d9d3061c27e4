//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// What the files of this target share.

#ifndef CEXECNET_SSH_INTERNAL_H
#define CEXECNET_SSH_INTERNAL_H

#define LIBSSH2_DISABLE_DEPRECATION

#include "include/CExecnetSSH.h"

#include <libssh2.h>

// MARK: the library

// All that is used of libssh2.
#define EXECNET_SSH_FUNCTIONS(use) \
    use(init) use(version) use(session_init_ex) use(session_callback_set) use(session_set_blocking) use(session_free) \
    use(session_disconnect_ex) use(session_last_error) use(session_last_errno) use(session_method_pref) \
    use(session_supported_algs) use(session_handshake) use(session_hostkey) use(free) use(userauth_list) use(userauth_authenticated) use(userauth_password_ex) \
    use(userauth_publickey) use(userauth_publickey_frommemory) use(userauth_keyboard_interactive_ex) \
    use(channel_open_ex) use(channel_process_startup) use(channel_read_ex) use(channel_write_ex) \
    use(channel_send_eof) use(channel_eof) use(channel_close) use(channel_wait_eof) \
    use(channel_wait_closed) use(channel_get_exit_status) use(channel_free)

#define EXECNET_SSH_SLOT(name) __typeof__(&libssh2_##name) name;

struct execnet_ssh_library {
    EXECNET_SSH_FUNCTIONS(EXECNET_SSH_SLOT)
};

extern struct execnet_ssh_library execnet_ssh_library;

#if defined(EXECNET_SSH_LINKED)
#define SSH(name) libssh2_##name
#else
#define SSH(name) execnet_ssh_library.name
#endif

// A descriptor for libssh2 to look at, which is no connection.
int execnet_ssh_placeholder(void);

// MARK: memory

// Before each piece of memory of a session: all are in a ring, so that none is lost, and know their size, so that they can be wiped.
struct execnet_ssh_block {
    _Alignas(16) struct execnet_ssh_block *next;
    struct execnet_ssh_block *previous;
    size_t size;
};

void execnet_ssh_wipe(void *bytes, size_t count);

// Wipes what calls that have returned left on the stack: OpenSSL has passphrases there.
void execnet_ssh_wipe_stack(void);

void *execnet_ssh_allocate(size_t count, void **session);
void *execnet_ssh_reallocate(void *bytes, size_t count, void **session);
void execnet_ssh_release(void *bytes, void **session);

// Gives back what is left, and says how much it was.
size_t execnet_ssh_release_all(execnet_ssh_session *session);

// MARK: what libssh2 leaves behind

// OpenSSL's CRYPTO_set_mem_functions.
typedef int execnet_ssh_set_allocation(
    void *(*allocate)(size_t, const char *, int), void *(*reallocate)(void *, size_t, const char *, int),
    void (*release)(void *, const char *, int));

// Before OpenSSL has allocated anything. False if it has: then private numbers of ECDSA keys are not wiped.
bool execnet_ssh_take_over_allocation(execnet_ssh_set_allocation *set);

// Around each call that may decrypt a key, on its thread.
void execnet_ssh_watch_begin(void);
void execnet_ssh_watch_end(void);

// Has a look at memory that libssh2 gives back in between.
void execnet_ssh_watch_released(const uint8_t *bytes, size_t count);

// MARK: sessions

// Where an outside signature is.
enum execnet_ssh_signing {
    EXECNET_SSH_SIGNING_IDLE,
    EXECNET_SSH_SIGNING_ASKED,
    EXECNET_SSH_SIGNING_GIVEN,
    EXECNET_SSH_SIGNING_REFUSED,
};

// No channel has this number.
#define EXECNET_SSH_NO_CHANNEL UINT32_MAX

struct execnet_ssh_session {
    LIBSSH2_SESSION *library;
    execnet_ssh_io io;
    struct execnet_ssh_block blocks;
    size_t allocated;
    execnet_ssh_channel *channels;

    bool hasEnded;        // no bytes come or go any more
    bool wasLeft;         // the server has said goodbye
    bool hidesEnd;        // from libssh2, which would forget what was received before
    bool isShakingHands;
    bool hasExpired;      // the password; libssh2 must not be asked again

    enum execnet_ssh_signing signing;
    char algorithm[64];    // of the key
    uint8_t *signedBytes;  // what to sign, from our allocator, as the next
    size_t signedCount;
    uint8_t *signature;
    size_t signatureCount;

    // What was seen in packets.
    bool wasDenied;
    bool wasPartial;
    char allowed[512];
    uint32_t opened;       // the number of the channel just opened
    uint32_t refusal;
    char refusalText[256];
};

struct execnet_ssh_channel {
    execnet_ssh_session *session;
    execnet_ssh_channel *next;
    LIBSSH2_CHANNEL *library;
    uint32_t number;
    int64_t status;
    size_t blocked;       // how many bytes the next write has to have
    char signal[32];
};

// Has a look at a packet that libssh2 is done with, for what it does not tell.
void execnet_ssh_inspect(execnet_ssh_session *session, const uint8_t *bytes, size_t count);

// What a failed call failed for: libssh2 says "denied" or the like where the transport has ended.
int execnet_ssh_settle(const execnet_ssh_session *session, int result);

// Copies text of a known length, as much as fits, with an end. Returns what it copied.
size_t execnet_ssh_copy_text(const char *text, size_t count, char *target, size_t size);

#endif
