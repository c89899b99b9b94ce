// A volume as it is on the disk: ROOT/NAME/volume.json says what it is, ROOT/NAME/data is what containers
// see. Every function of this room takes the root, and makes it (0700: nobody of the host may reach the
// setuid programs of a volume) before it makes anything in it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

namespace stack::volumes {

inline constexpr const char* kVolumesRoot = "/var/lib/stack/.volumes";

struct VolumeRecord {
  std::string name;     // in full: "project_key", or what `name:` says
  std::string project;  // of whose `up` it is; empty: of none (`stack volume create`)
  bool anonymous = false;
  std::map<std::string, std::string> driver_opts;  // of the local driver: type, o, device
  std::map<std::string, std::string> labels;
  std::string created;  // RFC 3339, UTC
  bool operator==(const VolumeRecord&) const = default;
};

// Docker's rule, [a-zA-Z0-9][a-zA-Z0-9_.-]*, and short enough for a folder: no path leaves the root by a
// name, and none meets what we keep there under a leading dot.
Result<void> check_name(std::string_view name);
// "PROJECT_SERVICE_HEX12": the same target has the same volume after a recreate.
std::string anonymous_name(const std::string& project, const std::string& service, const std::string& target);

// Nothing where there is no such volume; an error that names the file where it cannot be read.
Result<std::optional<VolumeRecord>> read(const std::string& root, const std::string& name);
// By name. A record that cannot be read is told in `faults` and does not hide the others.
Result<std::vector<VolumeRecord>> list(const std::string& root, std::vector<std::string>& faults);

// The folder to bind into containers, once ensure_mounted (mount.h) has been called.
std::string data_path(const std::string& root, const std::string& name);
inline std::string data_path(const std::string& root, const VolumeRecord& record) {
  return data_path(root, record.name);
}

// The content of volume.json, and back; a fault says what is wrong with it. What comes back has a good name.
std::string to_text(const VolumeRecord& record);
Result<VolumeRecord> parse_record(const std::string& text);

}  // namespace stack::volumes
