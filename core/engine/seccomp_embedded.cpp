#include "core/engine/seccomp_profile.h"

// The file itself in .rodata: nothing is generated, and nothing of it is in memory before it is read.
__asm__(
    ".pushsection .rodata\n"
    ".global stack_standard_profile_begin\n"
    ".hidden stack_standard_profile_begin\n"
    "stack_standard_profile_begin:\n"
    ".incbin \"" STACK_STANDARD_PROFILE
    "\"\n"
    ".global stack_standard_profile_end\n"
    ".hidden stack_standard_profile_end\n"
    "stack_standard_profile_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char stack_standard_profile_begin[];
extern const char stack_standard_profile_end[];
}

namespace stack::security {

std::string_view standard_seccomp_profile() {
  return {stack_standard_profile_begin,
          static_cast<std::size_t>(stack_standard_profile_end - stack_standard_profile_begin)};
}

}  // namespace stack::security
