// The capabilities of a container that asks for none: Docker's fourteen.
#pragma once

#include <linux/capability.h>

#include <cstdint>

namespace stack::security {

constexpr std::uint64_t capability_bit(int capability) {
  return std::uint64_t{1} << capability;
}

constexpr std::uint64_t default_capabilities() {
  std::uint64_t set = 0;
  for (const int capability :
       {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FSETID, CAP_FOWNER, CAP_MKNOD, CAP_NET_RAW, CAP_SETGID, CAP_SETUID,
        CAP_SETFCAP, CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_KILL, CAP_AUDIT_WRITE})
    set |= capability_bit(capability);
  return set;
}

}  // namespace stack::security
