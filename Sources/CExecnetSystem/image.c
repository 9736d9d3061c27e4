//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include "CExecnetSystem.h"

#include <string.h>

#if defined(__linux__)
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include <sys/auxv.h>

// Every ELF linker defines these for the main executable.
extern const char __executable_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

const void *execnet_image_start(void) { return __executable_start; }
const void *execnet_image_end(void) { return _end; }

// FNV-1a over words: a fingerprint, not a defence.
static uint64_t mix(uint64_t hash, const void *bytes, size_t size) {
    const char *at = bytes;
    for (; size >= sizeof(uint64_t); at += sizeof(uint64_t), size -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
    }
    for (; size > 0; at++, size--) hash = (hash ^ (uint8_t)*at) * 0x100000001b3u;
    return hash;
}

static int visit(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    uint64_t *hash = context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        *hash = mix(*hash, header, sizeof *header);
        if (header->p_type == PT_GNU_EH_FRAME || header->p_type == PT_NOTE)
            *hash = mix(*hash, (const char *)info->dlpi_addr + header->p_vaddr, header->p_memsz);
    }
    return 1;  // the first object is the main executable; the others are not ours
}

uint64_t execnet_image_fingerprint(void) {
    uint64_t hash = 0xcbf29ce484222325u;
    dl_iterate_phdr(visit, &hash);
    return hash;
}

static int forget_code(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        // Only what nothing ever writes to: the file has the same.
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || (header->p_flags & PF_W)) continue;
        uintptr_t start = (info->dlpi_addr + header->p_vaddr) & ~(page - 1);
        uintptr_t end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
        madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void execnet_forget_code(void) { dl_iterate_phdr(forget_code, NULL); }

static int has_loader(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_INTERP) *(bool *)context = true;
    return 1;
}

bool execnet_started_through_loader(void) {
    // The kernel tells where it has put the loader, unless it was told to execute that itself.
    if (getauxval(AT_BASE) != 0) return false;
    bool answer = false;
    dl_iterate_phdr(has_loader, &answer);
    return answer;
}

typedef struct {
    void (*visitor)(const char *path, void *context);
    void *context;
} library_visit;

static int visit_library(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    library_visit *visit = context;
    visit->visitor(info->dlpi_name, visit->context);
    return 0;
}

void execnet_visit_libraries(void (*visitor)(const char *path, void *context), void *context) {
    library_visit visit = {visitor, context};
    dl_iterate_phdr(visit_library, &visit);
}

#else
#include <mach-o/dyld.h>

bool execnet_started_through_loader(void) { return false; }
void execnet_visit_libraries(void (*visitor)(const char *path, void *context), void *context) {
    for (uint32_t i = 1; i < _dyld_image_count(); i++) visitor(_dyld_get_image_name(i), context);
}

const void *execnet_image_start(void) { return _dyld_get_image_header(0); }
const void *execnet_image_end(void) { return (const char *)_dyld_get_image_header(0) + ((size_t)1 << 32); }
uint64_t execnet_image_fingerprint(void) {
    const struct mach_header *header = _dyld_get_image_header(0);
    return (uint64_t)header->sizeofcmds << 32 | header->ncmds;
}
void execnet_forget_code(void) {}
#endif
