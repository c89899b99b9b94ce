// What the keys have in common that put something into a service's file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "specs/service.h"

namespace stack {

// Adds it to the service's mounts, its target tidied. A second one of the same target is a mistake: one that
// is meant to replace it, in a later file, has done so (merge.h). False where it was a fault. The mark is
// "mounts.TARGET".
bool add_mount(ServiceReading& r, const Node& node, Mount mount);

// The absolute path in one form: "/data/" and "/data/." are the same place.
std::string tidy_target(const std::string& target);

// Permission bits: text is octal, a bare number is the number, as Compose has it (with a warning where it was
// hardly meant).
std::optional<std::uint32_t> permission_bits(Reading& reading, const Node& node, const std::string& what,
                                             std::uint32_t most);

// A mount in the long form, added as by add_mount.
void add_long_mount(ServiceReading& r, const Node& node);

// The word, if it is one: how mounts spread; "z" or "Z"; what only other systems' caches know.
std::optional<std::string> propagation_word(const std::string& text);
std::optional<std::string> selinux_word(const std::string& text);
bool is_consistency(const std::string& text);
void warn_meaningless(ServiceReading& r, const Node& node, const std::string& word);

// Whether a source is a path of the host, and no volume's key.
bool is_path(const std::string& source);
// Makes it a mount of the volume with that key; false, with a fault, where it can be none.
bool name_volume(ServiceReading& r, const Node& node, const std::string& key, Mount& mount);

}  // namespace stack
