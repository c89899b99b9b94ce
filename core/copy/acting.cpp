#include "core/copy/acting.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stack::copy {
namespace {

// Another user than root has lost the rights over files (capabilities(7), "Effect of user ID changes"); they
// are permitted still.
Result<void> raise_permitted() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return os_error("read capabilities");
  for (__user_cap_data_struct& one : data) one.effective = one.permitted;
  if (::syscall(SYS_capset, &header, data) != 0) return os_error("set capabilities");
  return {};
}

// setfsuid(2) tells no error, but who it is.
bool is_now(uid_t uid, gid_t gid) {
  return static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1))) == uid &&
         static_cast<gid_t>(::setfsgid(static_cast<gid_t>(-1))) == gid;
}

}  // namespace

Result<ActingAs> ActingAs::user(uid_t uid, gid_t gid) {
  const auto before_gid = static_cast<gid_t>(::setfsgid(gid));
  const auto before_uid = static_cast<uid_t>(::setfsuid(uid));
  ActingAs acting(before_uid, before_gid);
  if (!is_now(uid, gid)) return os_error("act as the container's root", EPERM);
  TRY(raise_permitted());
  return acting;
}

ActingAs::~ActingAs() {
  if (!active_) return;
  ::setfsgid(gid_);
  ::setfsuid(uid_);
}

}  // namespace stack::copy
