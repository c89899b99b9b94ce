// Volumes as tables and JSON in the words of Docker, and its filters. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/volumes/record.h"
#include "specs/result.h"

namespace stack::cmd {

// `--filter`: of each kind that is given, one of the names, all of the labels.
struct VolumeFilter {
  std::vector<std::string> names;   // a part of the name
  std::vector<std::string> labels;  // "key" or "key=value"
  std::optional<bool> dangling;     // used by no stack
};

// "name=shop", "label=kind=cache", "dangling=true", "driver=local". An error says what is not one.
Result<VolumeFilter> parse_volume_filter(const std::vector<std::string>& texts);
// `used` tells whether a stack uses it.
bool matches(const VolumeFilter& filter, const volumes::VolumeRecord& record, bool used);

struct VolumeUse {
  std::vector<std::string> users;      // "shop: web"
  std::optional<std::uint64_t> bytes;  // on the disk
};
// As of an item of `docker volume inspect`, then ours.
nlohmann::json volume_json(const volumes::VolumeRecord& record, const std::string& mountpoint,
                           const VolumeUse& use);
// As of a line of `docker volume ls --format json`.
nlohmann::json volume_line_json(const volumes::VolumeRecord& record, const std::string& mountpoint);
// DRIVER VOLUME NAME
std::string volume_table(const std::vector<volumes::VolumeRecord>& records);

// "key=value" of each of `texts`; a key alone is given "" where that is allowed. `what` names the option.
enum class KeyAlone { allowed, refused };
Result<std::map<std::string, std::string>> parse_pairs(const std::vector<std::string>& texts,
                                                       const std::string& what, KeyAlone alone);

}  // namespace stack::cmd
