//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// libssh2 is looked for when it is first needed, so that programs that never use it carry neither it nor libcrypto. Where nothing can
// be loaded (static executables), EXECNET_SSH_LINKED makes it a library like others.

#include "internal.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/auxv.h>
#include <sys/eventfd.h>
#endif

_Static_assert(EXECNET_SSH_AGAIN == LIBSSH2_ERROR_EAGAIN, "codes");
_Static_assert(EXECNET_SSH_NO_COMMON_ALGORITHM == LIBSSH2_ERROR_KEX_FAILURE, "codes");
_Static_assert(EXECNET_SSH_PASSWORD_EXPIRED == LIBSSH2_ERROR_PASSWORD_EXPIRED, "codes");
_Static_assert(EXECNET_SSH_BAD_KEY == LIBSSH2_ERROR_FILE, "codes");
_Static_assert(EXECNET_SSH_DENIED == LIBSSH2_ERROR_AUTHENTICATION_FAILED, "codes");
_Static_assert(EXECNET_SSH_NOT_SIGNED == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED, "codes");
_Static_assert(EXECNET_SSH_OPEN_REFUSED == LIBSSH2_ERROR_CHANNEL_FAILURE, "codes");
_Static_assert(EXECNET_SSH_REQUEST_REFUSED == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED, "codes");
_Static_assert(EXECNET_SSH_TRANSPORT_ENDED == LIBSSH2_ERROR_SOCKET_RECV, "codes");
_Static_assert(EXECNET_SSH_BAD_PASSPHRASE == LIBSSH2_ERROR_KEYFILE_AUTH_FAILED, "codes");
_Static_assert(EXECNET_SSH_KEX == LIBSSH2_METHOD_KEX && EXECNET_SSH_COMPRESSION_IN == LIBSSH2_METHOD_COMP_SC, "methods");

struct execnet_ssh_library execnet_ssh_library;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool isLoaded;
static int placeholder = -1;

// OpenSSL takes itself apart when the process exits, under the feet of sessions on other threads. It is told not to.
typedef int start_openssl(uint64_t options, const void *settings);
static const uint64_t withoutExitHandler = 0x00080000;

#if defined(EXECNET_SSH_LINKED)

extern start_openssl OPENSSL_init_crypto __attribute__((weak));
extern execnet_ssh_set_allocation CRYPTO_set_mem_functions __attribute__((weak));

static bool find(const char *name, char *why, size_t size) {
    (void)name, (void)why, (void)size;
    if (CRYPTO_set_mem_functions != NULL) execnet_ssh_take_over_allocation(CRYPTO_set_mem_functions);
    if (OPENSSL_init_crypto != NULL) OPENSSL_init_crypto(withoutExitHandler, NULL);
    return true;
}

#else

#if defined(__APPLE__)
static const char usualName[] = "libssh2.1.dylib";
#else
static const char usualName[] = "libssh2.so.1";
#endif

static bool find_function(void *handle, const char *name, void *slot) {
    void *address = dlsym(handle, name);
    memcpy(slot, &address, sizeof address);
    return address != NULL;
}

static bool find(const char *name, char *why, size_t size) {
#if defined(__linux__)
    // Nobody has loaded this program, so nobody can load anything into it: a library would come with a second libc.
    if (getauxval(AT_BASE) == 0) {
        snprintf(why, size, "a statically linked program cannot load it");
        return false;
    }
#endif
    void *handle = dlopen(name != NULL ? name : usualName, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *reason = dlerror();
        snprintf(why, size, "%s", reason != NULL ? reason : "cannot be loaded");
        return false;
    }
    struct execnet_ssh_library *library = &execnet_ssh_library;
#define EXECNET_SSH_FIND(function)                                                                                                     \
    if (!find_function(handle, "libssh2_" #function, &library->function)) {                                                            \
        snprintf(why, size, "%s has no libssh2_" #function, name != NULL ? name : usualName);                                          \
        dlclose(handle);                                                                                                               \
        return false;                                                                                                                  \
    }
    EXECNET_SSH_FUNCTIONS(EXECNET_SSH_FIND)
    execnet_ssh_set_allocation *set;
    if (find_function(handle, "CRYPTO_set_mem_functions", &set)) execnet_ssh_take_over_allocation(set);
    start_openssl *prepare;  // not there if libssh2 was built on something else
    if (find_function(handle, "OPENSSL_init_crypto", &prepare)) prepare(withoutExitHandler, NULL);
    return true;
}

#endif

static bool start(const char *name, char *why, size_t size) {
    if (!find(name, why, size)) return false;
    const char *version = SSH(version)(0);
    unsigned parts[3] = {0, 0, 0};
    if (version == NULL || sscanf(version, "%u.%u.%u", &parts[0], &parts[1], &parts[2]) < 2) {
        snprintf(why, size, "its version is not known");
        return false;
    }
    uint32_t running = parts[0] << 16 | parts[1] << 8 | parts[2];
    if (running < 0x010a00 || running == 0x010b00) {
        // 1.11.0 mixes up packets that could not be sent at once. We always can, but it is known for more.
        snprintf(why, size, "version %s is not usable: 1.10.0, or 1.11.1 or later is needed", version);
        return false;
    }
    if (SSH(init)(0) != 0) {
        snprintf(why, size, "it does not start");
        return false;
    }
#if defined(__linux__)
    placeholder = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
#else
    placeholder = open("/dev/null", O_RDWR | O_CLOEXEC | O_NONBLOCK);
#endif
    if (placeholder < 0) {
        snprintf(why, size, "there is no descriptor left");
        return false;
    }
    return true;
}

bool execnet_ssh_load(const char *library, char *why, size_t size) {
    pthread_mutex_lock(&lock);
    if (!isLoaded) isLoaded = start(library, why, size);
    bool result = isLoaded;
    pthread_mutex_unlock(&lock);
    return result;
}

int execnet_ssh_placeholder(void) { return placeholder; }

const char *execnet_ssh_version(void) { return isLoaded ? SSH(version)(0) : NULL; }
