// What the stacks of this host need of images and volumes, running or not: whoever removes some asks here
// first.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "specs/result.h"

namespace stack {

struct InUse {
  std::set<std::string> images;                                 // ids of images and diff ids of layers
  std::map<std::string, std::vector<std::string>> image_users;  // id -> "shop: web"
  std::map<std::string, std::vector<std::string>> volumes;      // full name -> "shop: web"
};

// From the intents on disk. An error where one cannot be read: what such a stack needs is not known, and
// nothing may be removed. `lib` and `run` have a folder a stack (control/paths.h).
Result<InUse> used_by_stacks(const std::string& lib = "/var/lib/stack",
                             const std::string& run = "/run/stack");

// The stacks that have an intent, or may have one: by name.
Result<std::vector<std::string>> stacks_in(const std::string& lib);

}  // namespace stack
