//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// The ways to authenticate. Whoever calls decides what is tried.

#include "internal.h"

#include <string.h>

// What is given as a session's memory is given back here, where libssh2 does not do it.
static void release(execnet_ssh_session *session, uint8_t **bytes, size_t *count) {
    void *abstract = session;
    execnet_ssh_release(*bytes, &abstract);
    *bytes = NULL;
    *count = 0;
}

static uint8_t *copy(execnet_ssh_session *session, const void *bytes, size_t count) {
    void *abstract = session;
    uint8_t *result = execnet_ssh_allocate(count, &abstract);
    if (result != NULL && count > 0) memcpy(result, bytes, count);
    return result;
}

// MARK: what is allowed

// A refusal seen before this attempt says nothing about it.
static void forget_denial(execnet_ssh_session *session) {
    session->wasDenied = session->wasPartial = false;
    session->allowed[0] = 0;
}

int execnet_ssh_list(execnet_ssh_session *session, const char *user, const char **methods) {
    forget_denial(session);
    *methods = SSH(userauth_list)(session->library, user, (unsigned)strlen(user));
    if (*methods != NULL) return 1;
    if (SSH(userauth_authenticated)(session->library)) return 0;
    int code = SSH(session_last_errno)(session->library);
    return execnet_ssh_settle(session, code < 0 ? code : EXECNET_SSH_FAILED);
}

bool execnet_ssh_denial(const execnet_ssh_session *session, char *methods, size_t size, bool *isPartial) {
    execnet_ssh_copy_text(session->allowed, strlen(session->allowed), methods, size);
    *isPartial = session->wasPartial;
    return session->wasDenied;
}

bool execnet_ssh_is_authenticated(execnet_ssh_session *session) {
    return SSH(userauth_authenticated)(session->library) != 0;
}

// MARK: passwords

static void refuse_change(LIBSSH2_SESSION *library, char **password, int *count, void **abstract) {
    (void)library, (void)abstract;
    *password = NULL;
    *count = 0;
}

int execnet_ssh_password(execnet_ssh_session *session, const char *user, const char *password, size_t passwordCount) {
    if (session->hasExpired) return LIBSSH2_ERROR_PASSWORD_EXPIRED;
    forget_denial(session);
    int result = SSH(userauth_password_ex)(
        session->library, user, (unsigned)strlen(user), password, (unsigned)passwordCount, refuse_change);
    // libssh2 stands in the middle of the change now, with a packet that it has freed.
    session->hasExpired = result == LIBSSH2_ERROR_PASSWORD_EXPIRED;
    execnet_ssh_wipe_stack();
    return execnet_ssh_settle(session, result);
}

// MARK: keys

int execnet_ssh_key(
    execnet_ssh_session *session, const char *user, const char *publicKey, size_t publicCount, const char *privateKey, size_t privateCount,
    const char *passphrase) {
    forget_denial(session);
    execnet_ssh_watch_begin();
    int result = SSH(userauth_publickey_frommemory)(
        session->library, user, strlen(user), publicKey, publicCount, privateKey, privateCount, passphrase);
    execnet_ssh_watch_end();
    execnet_ssh_wipe_stack();
    return execnet_ssh_settle(session, result);
}

// libssh2 asks for a signature, each time that it is called, until it gets one.
static int sign(
    LIBSSH2_SESSION *library, unsigned char **signature, size_t *signatureCount, const unsigned char *bytes, size_t count,
    void **abstract) {
    (void)library;
    execnet_ssh_session *session = *abstract;
    switch (session->signing) {
    case EXECNET_SSH_SIGNING_IDLE:
        session->signedBytes = copy(session, bytes, count);
        if (session->signedBytes == NULL) return LIBSSH2_ERROR_ALLOC;
        session->signedCount = count;
        session->signing = EXECNET_SSH_SIGNING_ASKED;
        return LIBSSH2_ERROR_EAGAIN;
    case EXECNET_SSH_SIGNING_ASKED:
        return LIBSSH2_ERROR_EAGAIN;
    case EXECNET_SSH_SIGNING_GIVEN:
        *signature = session->signature;  // libssh2 gives it back
        *signatureCount = session->signatureCount;
        session->signature = NULL;
        session->signatureCount = 0;
        return 0;
    case EXECNET_SSH_SIGNING_REFUSED:
        break;
    }
    return EXECNET_SSH_FAILED;
}

// A string of a key or signature: four bytes that count, and then what they count.
static bool take_string(const uint8_t **bytes, size_t *count, const uint8_t **string, size_t *length) {
    if (*count < 4) return false;
    const uint8_t *at = *bytes;
    size_t wanted = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    if (*count - 4 < wanted) return false;
    *string = at + 4;
    *length = wanted;
    *bytes += 4 + wanted;
    *count -= 4 + wanted;
    return true;
}

int execnet_ssh_sign(execnet_ssh_session *session, const char *user, const uint8_t *key, size_t keyCount) {
    const uint8_t *algorithm;
    size_t algorithmCount, left = keyCount;
    const uint8_t *rest = key;
    if (!take_string(&rest, &left, &algorithm, &algorithmCount)) return LIBSSH2_ERROR_FILE;
    execnet_ssh_copy_text((const char *)algorithm, algorithmCount, session->algorithm, sizeof session->algorithm);
    forget_denial(session);
    void *abstract = session;
    int result = SSH(userauth_publickey)(session->library, user, key, keyCount, sign, &abstract);
    if (result != LIBSSH2_ERROR_EAGAIN) {
        session->signing = EXECNET_SSH_SIGNING_IDLE;
        release(session, &session->signedBytes, &session->signedCount);
        release(session, &session->signature, &session->signatureCount);
    }
    return execnet_ssh_settle(session, result);
}

const uint8_t *execnet_ssh_to_sign(const execnet_ssh_session *session, size_t *count) {
    if (session->signing != EXECNET_SSH_SIGNING_ASKED) return NULL;
    *count = session->signedCount;
    return session->signedBytes;
}

bool execnet_ssh_signature(execnet_ssh_session *session, const uint8_t *signature, size_t count) {
    if (session->signing != EXECNET_SSH_SIGNING_ASKED) return false;
    session->signing = EXECNET_SSH_SIGNING_REFUSED;
    if (signature == NULL) return true;
    const uint8_t *algorithm, *value;
    size_t algorithmCount, valueCount;
    if (!take_string(&signature, &count, &algorithm, &algorithmCount)) return false;
    if (!take_string(&signature, &count, &value, &valueCount) || count > 0) return false;
    if (algorithmCount != strlen(session->algorithm) || memcmp(algorithm, session->algorithm, algorithmCount) != 0) return false;
    session->signature = copy(session, value, valueCount);
    if (session->signature == NULL) return false;
    session->signatureCount = valueCount;
    session->signing = EXECNET_SSH_SIGNING_GIVEN;
    return true;
}

// MARK: keyboard-interactive

struct execnet_ssh_answers {
    execnet_ssh_session *session;
    LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses;
    int count;
};

// As many as libssh2 takes from a server.
enum { mostPrompts = 100 };

static void ask(
    const char *name, int nameCount, const char *instruction, int instructionCount, int promptCount,
    const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts, LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses, void **abstract) {
    execnet_ssh_session *session = *abstract;
    if (session->io.ask == NULL || promptCount > mostPrompts) return;
    execnet_ssh_prompt own[mostPrompts];
    for (int index = 0; index < promptCount; index++) {
        own[index] = (execnet_ssh_prompt){
            .text = (const char *)prompts[index].text, .count = prompts[index].length, .isShown = prompts[index].echo != 0};
    }
    bool hasName = name != NULL && nameCount > 0;
    bool hasInstruction = instruction != NULL && instructionCount > 0;
    execnet_ssh_questions questions = {
        .name = hasName ? name : "",
        .nameCount = hasName ? (size_t)nameCount : 0,
        .instruction = hasInstruction ? instruction : "",
        .instructionCount = hasInstruction ? (size_t)instructionCount : 0,
        .prompts = own,
        .promptCount = promptCount,
    };
    execnet_ssh_answers answers = {session, responses, promptCount};
    session->io.ask(session->io.owner, &questions, &answers);
}

int execnet_ssh_interactive(execnet_ssh_session *session, const char *user) {
    forget_denial(session);
    int result = SSH(userauth_keyboard_interactive_ex)(session->library, user, (unsigned)strlen(user), ask);
    execnet_ssh_wipe_stack();
    return execnet_ssh_settle(session, result);
}

bool execnet_ssh_answer(execnet_ssh_answers *answers, int prompt, const char *answer, size_t count) {
    if (prompt < 0 || prompt >= answers->count) return false;
    LIBSSH2_USERAUTH_KBDINT_RESPONSE *response = &answers->responses[prompt];
    uint8_t *bytes = copy(answers->session, answer, count);
    if (bytes == NULL) return false;
    void *abstract = answers->session;
    execnet_ssh_release(response->text, &abstract);
    response->text = (char *)bytes;
    response->length = (unsigned)count;
    return true;
}
