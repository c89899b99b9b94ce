// The images that services want of the store: one job for an image of a platform, however many want it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cmd/stack/pulls.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

using WantedImages = std::map<std::pair<ImageRef, std::string>, PullJob>;

// Adds what the service runs in and what it mounts. What it builds itself is not looked for elsewhere; the
// service's pull policy goes for all else.
void add_wanted(WantedImages& wanted, const ServiceSpec& service);

// Of its image mounts, those that are images of the store.
std::vector<ImageRef> mounted_images(const ServiceSpec& service);

}  // namespace stack::cmd
