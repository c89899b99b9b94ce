// What driver_opts ask for, in the kernel's terms. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "specs/result.h"

namespace stack::volumes {

struct MountPlan {
  enum class Kind {
    plain,       // no mount: the folder itself has the data
    bind,        // `device` is a folder of the host
    filesystem,  // the kernel mounts it: tmpfs, ext4, ...
    helper,      // mount(8) and a helper mount it: nfs, cifs, ...
  };
  Kind kind = Kind::plain;
  std::string type, device;
  bool recursive = false;            // bind: rbind
  std::uint64_t attributes = 0;      // MOUNT_ATTR_
  std::uint64_t propagation = 0;     // MS_SHARED, ...; 0: private
  std::vector<std::string> options;  // of the file system; helper: all of `o`
};

// A fault says which key or word is wrong, and what it should be.
Result<MountPlan> plan_mount(const std::map<std::string, std::string>& driver_opts);

// The program that mounts that type, and where it comes from; null where the kernel does without.
struct MountHelper {
  const char* type;
  const char* program;  // "mount.nfs"
  const char* packages;
};
const MountHelper* helper_of(const std::string& type);

}  // namespace stack::volumes
