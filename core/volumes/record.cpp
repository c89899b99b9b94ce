#include "core/volumes/record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "specs/canonical.h"
#include "specs/text.h"

namespace stack::volumes {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kLongestName = 250;  // NAME_MAX without ".new-"
constexpr std::size_t kLargestRecord = std::size_t{1} << 20;

std::string record_path(const std::string& root, const std::string& name) {
  return root + "/" + name + "/volume.json";
}

// Unlike read_file: what lies there may be anything, and of any size.
Result<std::string> read_bounded(const std::string& path) {
  const UniqueFd fd = TRY(open_fd(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return os_error("stat \"" + path + "\"");
  if (!S_ISREG(st.st_mode)) return fault("read \"" + path + "\": no regular file");
  std::string text(kLargestRecord + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read \"" + path + "\"");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > kLargestRecord) return fault("read \"" + path + "\": larger than 1 MiB");
  text.resize(size);
  return text;
}

Result<VolumeRecord> load(const std::string& path, const std::string& name) {
  const std::string text = TRY(read_bounded(path));
  VolumeRecord record = TRY(parse_record(text).with("read \"" + path + "\""));
  if (record.name != name) return fault("read \"" + path + "\": it is of the volume \"" + record.name + "\"");
  return record;
}

}  // namespace

Result<void> check_name(std::string_view name) {
  const std::string quoted = "volume name \"" + std::string(name.substr(0, kLongestName)) + "\"";
  if (name.size() > kLongestName)
    return fault(quoted + "...: longer than " + std::to_string(kLongestName) + " characters");
  if (is_docker_name(name)) return {};
  return fault(quoted + ": want letters, digits, \"_\", \".\" and \"-\", a letter or digit first");
}

std::string anonymous_name(const std::string& project, const std::string& service,
                           const std::string& target) {
  return project + "_" + service + "_" + sha256_hex(target).substr(0, 12);
}

std::string data_path(const std::string& root, const std::string& name) {
  return root + "/" + name + "/data";
}

std::string to_text(const VolumeRecord& record) {
  const json j{{"version", kVersion},
               {"name", record.name},
               {"project", record.project},
               {"anonymous", record.anonymous},
               {"driver_opts", record.driver_opts},
               {"labels", record.labels},
               {"created", record.created}};
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<VolumeRecord> parse_record(const std::string& text) {
  VolumeRecord record;
  try {
    const json j = json::parse(text);
    if (const int version = j.at("version"); version != kVersion)
      return fault("version " + std::to_string(version) + " is not known here: made by a newer stack?");
    record.name = j.at("name");
    record.project = j.at("project");
    record.anonymous = j.at("anonymous");
    record.driver_opts = j.at("driver_opts").get<std::map<std::string, std::string>>();
    record.labels = j.at("labels").get<std::map<std::string, std::string>>();
    record.created = j.at("created");
  } catch (const json::exception& broken) {
    return fault(broken.what());
  }
  TRY(check_name(record.name));
  return record;
}

Result<std::optional<VolumeRecord>> read(const std::string& root, const std::string& name) {
  TRY(check_name(name));
  struct stat st {};
  const std::string folder = root + "/" + name;
  if (::lstat(folder.c_str(), &st) != 0) {
    if (errno == ENOENT) return std::optional<VolumeRecord>();
    return os_error("stat \"" + folder + "\"");
  }
  return std::optional<VolumeRecord>(TRY(load(record_path(root, name), name)));
}

Result<std::vector<VolumeRecord>> list(const std::string& root, std::vector<std::string>& faults) {
  std::vector<VolumeRecord> records;
  for (const std::string& name : TRY(names_if_there(root))) {
    if (!check_name(name)) continue;  // being made or removed, or none of ours
    auto record = read(root, name);
    if (!record) {
      faults.push_back(record.error().words);
      continue;
    }
    if (record->has_value()) records.push_back(**std::move(record));
  }
  std::sort(records.begin(), records.end(),
            [](const VolumeRecord& a, const VolumeRecord& b) { return a.name < b.name; });
  return records;
}

}  // namespace stack::volumes
