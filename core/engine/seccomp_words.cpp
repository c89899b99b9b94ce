#include <seccomp.h>
#include <sys/capability.h>

#include <cstring>

#include "core/engine/seccomp_profile.h"
#include "specs/text.h"

namespace stack::security {

Result<std::uint16_t> errno_by_name(const std::string& name) {
  // The C library looks up names by number only. 133 is the last, EHWPOISON.
  for (int code = 1; code < 134; ++code) {
    const char* const known = ::strerrorname_np(code);
    if (known != nullptr && name == known) return static_cast<std::uint16_t>(code);
  }
  return fault("unknown errno \"" + name + "\"");
}

Result<bool> holds_capability(const std::string& name, std::uint64_t held) {
  const std::string full = lower_case(name.starts_with("CAP_") ? name : "CAP_" + name);
  cap_value_t number = 0;
  if (::cap_from_name(full.c_str(), &number) != 0) return fault("unknown capability \"" + name + "\"");
  return ((held >> number) & 1) != 0;
}

std::string native_architecture() {
  switch (::seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
      return "x86_64";
    case SCMP_ARCH_AARCH64:
      return "aarch64";
    case SCMP_ARCH_X86:
      return "x86";
    case SCMP_ARCH_ARM:
      return "arm";
    case SCMP_ARCH_RISCV64:
      return "riscv64";
    default:
      return "";
  }
}

}  // namespace stack::security
