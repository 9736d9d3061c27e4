//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// An SSH session that knows no socket: libssh2, called so that it only ever sees buffers.
//
// Threads: a session and its channels belong to one caller at a time, on whatever thread. Different sessions are independent.
// execnet_ssh_load() may be called from anywhere, and has to have succeeded before anything else here is called.
//
// Results: 0 or a count if done; EXECNET_SSH_AGAIN if more input is needed first (then make the same call again, with the same
// arguments, after any input has come); another negative number if it failed. Sending never blocks, so AGAIN never means output.
// Until a call is done, no other call that waits for a reply may be made in this session. Reading, writing and eof of several
// channels may be mixed freely.

#ifndef CEXECNET_SSH_H
#define CEXECNET_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: results

// What calls fail with. Others of libssh2's codes are possible; these are the ones to tell apart.
enum {
    EXECNET_SSH_FAILED = -1,                // libssh2 says no more
    EXECNET_SSH_NO_BANNER = -2,
    EXECNET_SSH_NO_COMMON_ALGORITHM = -5,
    EXECNET_SSH_NO_MEMORY = -6,
    EXECNET_SSH_SEND_FAILED = -7,
    EXECNET_SSH_KEY_EXCHANGE_FAILED = -8,
    EXECNET_SSH_TIMED_OUT = -9,             // 60 s without the awaited reply
    EXECNET_SSH_DISCONNECTED = -13,         // the server said goodbye, or ended before its banner
    EXECNET_SSH_PROTOCOL_ERROR = -14,
    EXECNET_SSH_PASSWORD_EXPIRED = -15,
    EXECNET_SSH_BAD_KEY = -16,              // a key that cannot be read
    EXECNET_SSH_DENIED = -18,
    EXECNET_SSH_NOT_SIGNED = -19,           // the signature could not be made, or the server refused it
    EXECNET_SSH_OPEN_REFUSED = -21,
    EXECNET_SSH_REQUEST_REFUSED = -22,
    EXECNET_SSH_CHANNEL_CLOSED = -26,
    EXECNET_SSH_EOF_SENT = -27,
    EXECNET_SSH_UNSUPPORTED = -33,
    EXECNET_SSH_AGAIN = -37,
    EXECNET_SSH_BAD_USE = -39,
    EXECNET_SSH_TRANSPORT_ENDED = -43,      // what receive() said 0 for
    EXECNET_SSH_BAD_PASSPHRASE = -48,
};

// MARK: the library

// Finds libssh2 and starts it. `library` is its file name, or NULL for the usual one; it is not looked at when the library is linked
// (EXECNET_SSH_LINKED) or there already. False if it is not there or cannot be used, and then `why` says in up to `size` bytes, ending
// with 0, what is wrong; it may be called again. Never unloads.
bool execnet_ssh_load(const char *library, char *why, size_t size);

// The version that runs, as "1.10.0". Static text; NULL before it is loaded.
const char *execnet_ssh_version(void);

// MARK: sessions

typedef struct execnet_ssh_session execnet_ssh_session;
typedef struct execnet_ssh_channel execnet_ssh_channel;

// What a server wants to know in keyboard-interactive. Texts are the server's, in UTF-8 if it is honest, and do not end with 0.
typedef struct {
    const char *text;
    size_t count;
    bool isShown;                           // whether the answer may be seen while it is typed
} execnet_ssh_prompt;

typedef struct {
    const char *name;
    size_t nameCount;
    const char *instruction;
    size_t instructionCount;
    const execnet_ssh_prompt *prompts;
    int promptCount;                        // 0 is usual, after the last answer
} execnet_ssh_questions;

typedef struct execnet_ssh_answers execnet_ssh_answers;

// The buffers of a session and who has them. Callbacks come from inside of calls here, on their thread, and must not call back, except
// for execnet_ssh_answer().
typedef struct {
    void *owner;                            // handed to each; has to outlive the session
    // Takes all the bytes, always. It copies them.
    void (*send)(void *owner, const uint8_t *bytes, size_t count);
    // Gives 1 to `capacity` bytes; -1 if there are none now, 0 if there never will be more. After 0 it is not called again, and nothing
    // is sent; what came before can still be read.
    ssize_t (*receive)(void *owner, uint8_t *bytes, size_t capacity);
    // The server's reason for ending, which ends all. `text` is its own, `count` bytes. NULL if nobody wants to know.
    void (*disconnected)(void *owner, uint32_t reason, const char *text, size_t count);
    // Answers by execnet_ssh_answer(), before it returns; what it does not answer is answered with nothing. NULL: nothing, always.
    void (*ask)(void *owner, const execnet_ssh_questions *questions, execnet_ssh_answers *answers);
} execnet_ssh_io;

// A session, or NULL without memory. `io` is copied.
execnet_ssh_session *execnet_ssh_open(const execnet_ssh_io *io);

// Gives back all that the session has, its channels too, without a word to the server: neither reads nor sends. Never waits. Returns
// how many bytes libssh2 would have lost. All memory is wiped.
size_t execnet_ssh_free(execnet_ssh_session *session);

// Says goodbye, in at most 256 bytes ending with 0. Done at once.
int execnet_ssh_disconnect(execnet_ssh_session *session, const char *text);

// The last error: its code, and text in up to `size` bytes, ending with 0. The text is libssh2's own, without any of the server's or
// a secret. A failed call's own result is more precise than this code.
int execnet_ssh_error(execnet_ssh_session *session, char *text, size_t size);

// MARK: algorithms

typedef enum {
    EXECNET_SSH_KEX = 0,
    EXECNET_SSH_HOST_KEY = 1,
    EXECNET_SSH_CIPHER_OUT = 2,
    EXECNET_SSH_CIPHER_IN = 3,
    EXECNET_SSH_MAC_OUT = 4,
    EXECNET_SSH_MAC_IN = 5,
    EXECNET_SSH_COMPRESSION_OUT = 6,
    EXECNET_SSH_COMPRESSION_IN = 7,
} execnet_ssh_method;

// Before the handshake: the algorithms that are offered, best first, with commas. Unknown ones are left out; -33 if none is known.
int execnet_ssh_prefer(execnet_ssh_session *session, execnet_ssh_method method, const char *list);

// MARK: handshake

// Versions, key exchange, and the wish to authenticate. Nothing secret is sent. Lines before the server's version are skipped.
int execnet_ssh_handshake(execnet_ssh_session *session);

// The server's key, as on the wire; belongs to the session, which forgets it at the next key exchange (copy it). NULL before the handshake.
const uint8_t *execnet_ssh_host_key(execnet_ssh_session *session, size_t *count);

// MARK: authentication

// `user` is the user's name in UTF-8, and ends with 0. All return 0 when the session is authenticated. EXECNET_SSH_DENIED, or after
// a signature EXECNET_SSH_NOT_SIGNED, is also the server's "that was right, now the next": execnet_ssh_denial() tells.

// Asks what is allowed; an attempt and execnet_ssh_denial() tell the same, and save a round trip. Must not be used in a session that may
// need execnet_ssh_interactive(): libssh2 1.10 then takes questions with a short name for broken, and may wait for ever. 1: `methods` has
// the list, with commas, until the next call. 0: the server lets everyone in, and did.
int execnet_ssh_list(execnet_ssh_session *session, const char *user, const char **methods);

// What the last refusal said may go on, with commas, into `methods`, which ends with 0; and in `isPartial` whether what was sent counted
// as one of several steps. False if there was none, or it was not to be seen: then ask for the list.
bool execnet_ssh_denial(const execnet_ssh_session *session, char *methods, size_t size, bool *isPartial);

bool execnet_ssh_is_authenticated(execnet_ssh_session *session);

// A password. EXECNET_SSH_PASSWORD_EXPIRED: the server wants a new one, and this way of authentication is over for this session.
int execnet_ssh_password(execnet_ssh_session *session, const char *user, const char *password, size_t passwordCount);

// A private key as in its file (OpenSSH or PEM). `passphrase` ends with 0, NULL if there is none. `publicKey` is a line as in a .pub file,
// or NULL: then it is computed, which decrypts the key before the server is asked. With it, the server is asked first, and only an accepted
// key is decrypted (once instead of twice, at 270 ms for each passphrase tried). All three are only read, and kept nowhere, but are needed
// at each call. A wrong passphrase is EXECNET_SSH_BAD_PASSPHRASE (OpenSSH's format), EXECNET_SSH_PROTOCOL_ERROR (PEM, and what is no key),
// or, with a public key, EXECNET_SSH_NOT_SIGNED without a denial; in the same session it may be tried again.
int execnet_ssh_key(
    execnet_ssh_session *session, const char *user, const char *publicKey, size_t publicCount, const char *privateKey, size_t privateCount,
    const char *passphrase);

// A key whose signature is made elsewhere. `key` is the public key as on the wire; its first string is the algorithm. The server is asked
// first. When it accepts, AGAIN is returned and execnet_ssh_to_sign() has what to sign. Once execnet_ssh_signature() was given, call this
// again, without waiting for input.
int execnet_ssh_sign(execnet_ssh_session *session, const char *user, const uint8_t *key, size_t keyCount);

// What waits to be signed, until its signature is given; belongs to the session. NULL if nothing does.
const uint8_t *execnet_ssh_to_sign(const execnet_ssh_session *session, size_t *count);

// The signature as ssh-agent gives it: algorithm and signature, each a string; copied. False if it is not that, or of another algorithm
// than the key. That, and NULL for "refused", make execnet_ssh_sign() fail with EXECNET_SSH_NOT_SIGNED without a denial: the server is
// not told, and another attempt may follow.
bool execnet_ssh_signature(execnet_ssh_session *session, const uint8_t *signature, size_t count);

// Keyboard-interactive; calls `ask`, as often as the server likes, and has no way to come back to a question later: `ask` has to wait.
int execnet_ssh_interactive(execnet_ssh_session *session, const char *user);

// Inside of `ask`: the answer to a prompt, copied to memory that is wiped. A second answer replaces the first. False if there is no such
// prompt, or no memory.
bool execnet_ssh_answer(execnet_ssh_answers *answers, int prompt, const char *answer, size_t count);

// MARK: channels

// A channel belongs to its session and lasts until it or the session is freed.

// A session channel. `window` is how much the server may send ahead, `packet` the largest piece (at most 32768). Windows above 2 MiB cost
// OpenSSH's server more than they win on short paths: it fills them, and copies what it has again and again.
int execnet_ssh_channel_open(execnet_ssh_session *session, uint32_t window, uint32_t packet, execnet_ssh_channel **channel);

// A connection that the server makes to `host`, a name or an address that ends with 0.
int execnet_ssh_tunnel_open(
    execnet_ssh_session *session, const char *host, uint16_t port, uint32_t window, uint32_t packet, execnet_ssh_channel **channel);

// After EXECNET_SSH_OPEN_REFUSED: the server's reason (1 prohibited, 2 connect failed, 3 unknown type, 4 shortage), and its text in up to
// `size` bytes, ending with 0. 0 if there was none.
uint32_t execnet_ssh_refusal(const execnet_ssh_session *session, char *text, size_t size);

// Starts a command line, by the user's login shell. At most 32000 bytes. EXECNET_SSH_REQUEST_REFUSED if the server does not let it.
int execnet_ssh_exec(execnet_ssh_channel *channel, const char *line, size_t count);

// Reads what has come: stream 0 is output, 1 is errors. A count, AGAIN, or 0 when that stream has ended. First it takes in all input
// there is, for all channels. Both streams share the window: read both. `size` has to be the same always: the window grows by it. What was
// received before the transport ended is read all the same, and then TRANSPORT_ENDED is returned.
ssize_t execnet_ssh_read(execnet_ssh_channel *channel, int stream, uint8_t *bytes, size_t size);

// Writes at most 32700 bytes and says how many. AGAIN if the server's window is full, or keys are being exchanged: then the next call
// has to have the same bytes, or more (BAD_USE if it has fewer). Takes in all input there is.
ssize_t execnet_ssh_write(execnet_ssh_channel *channel, const uint8_t *bytes, size_t count);

// Says that no more will be written.
int execnet_ssh_eof(execnet_ssh_channel *channel);

// Whether the server will send no more, and all that it sent has been read.
bool execnet_ssh_has_ended(execnet_ssh_channel *channel);

// Closes our direction, with eof if that was not said. May wait for a packet of the server; one AGAIN is enough to have said it.
int execnet_ssh_close(execnet_ssh_channel *channel);

// Done once the server has closed its direction too. An exit status comes before that. Keeps what has not been read.
int execnet_ssh_wait_closed(execnet_ssh_channel *channel);

// How the command ended: its exit status, or -1 if the server has not said (so far), or it ended by a signal.
int64_t execnet_ssh_exit_status(const execnet_ssh_channel *channel);

// The signal that ended it, without "SIG", into `name`, which ends with 0. Returns the length, 0 if there was none.
size_t execnet_ssh_exit_signal(const execnet_ssh_channel *channel, char *name, size_t size);

#endif
