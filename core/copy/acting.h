// What this thread makes in file systems belongs to another user while the object lives; what it may do stays
// the same. An idmapped mount of a container's takes nothing from a user that it does not map, root of the
// host among them (EOVERFLOW, mount_setattr(2)).
#pragma once

#include <sys/types.h>

#include "specs/result.h"

namespace stack::copy {

class ActingAs {
 public:
  static Result<ActingAs> user(uid_t uid, gid_t gid);
  ActingAs(ActingAs&& other) noexcept : active_(other.active_), uid_(other.uid_), gid_(other.gid_) {
    other.active_ = false;
  }
  ActingAs& operator=(ActingAs&&) = delete;
  ~ActingAs();

 private:
  ActingAs(uid_t uid, gid_t gid) : uid_(uid), gid_(gid) {}

  bool active_ = true;
  uid_t uid_;  // whom to be again
  gid_t gid_;
};

}  // namespace stack::copy
