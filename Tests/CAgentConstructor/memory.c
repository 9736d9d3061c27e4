//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#include "CAgentConstructor.h"

#include <stdlib.h>  // Tells whether this is glibc.

#if defined(__GLIBC__)
#include <malloc.h>
#endif

size_t execnet_test_allocated(void) {
#if defined(__GLIBC__)
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

void execnet_test_trim(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}
