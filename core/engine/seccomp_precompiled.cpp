#include "core/engine/seccomp_compile.h"

__asm__(
    ".pushsection .rodata\n"
    ".balign 8\n"
    ".hidden stack_precompiled_seccomp_begin\n"
    ".global stack_precompiled_seccomp_begin\n"
    "stack_precompiled_seccomp_begin:\n"
    ".incbin \"" STACK_PRECOMPILED_SECCOMP
    "\"\n"
    ".hidden stack_precompiled_seccomp_end\n"
    ".global stack_precompiled_seccomp_end\n"
    "stack_precompiled_seccomp_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const sock_filter stack_precompiled_seccomp_begin[];
extern const sock_filter stack_precompiled_seccomp_end[];
}

namespace stack::security {

const sock_filter* precompiled_seccomp_begin() {
  return stack_precompiled_seccomp_begin;
}
const sock_filter* precompiled_seccomp_end() {
  return stack_precompiled_seccomp_end;
}

}  // namespace stack::security
