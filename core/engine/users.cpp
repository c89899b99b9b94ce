#include "core/engine/users.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/sys/overlayfs.h"
#include "core/sys/syscalls.h"
#include "core/sys/unique_fd.h"
#include "specs/text.h"

namespace stack::engine {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;  // an image's file is no reason to read without end

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The entry whose name or number (third field) is `key`; a name wins over a number, as in getent(1).
std::vector<std::string_view> find_entry(std::string_view file, std::string_view key, std::size_t fields) {
  std::vector<std::string_view> by_number;
  const auto wanted = number(key);
  for (const std::string_view line : split_views(file, '\n')) {
    auto entry = split_views(line, ':');
    if (entry.size() < fields) continue;
    if (entry[0] == key) return entry;
    if (by_number.empty() && wanted && number(entry[2]) == wanted) by_number = std::move(entry);
  }
  return by_number;
}

std::vector<gid_t> groups_of(std::string_view name, std::string_view group) {
  std::vector<gid_t> groups;
  for (const std::string_view line : split_views(group, '\n')) {
    const auto entry = split_views(line, ':');
    if (entry.size() < 4) continue;
    const auto members = split_views(entry[3], ',');
    const auto gid = number(entry[2]);
    if (gid && std::find(members.begin(), members.end(), name) != members.end()) groups.push_back(*gid);
  }
  return groups;
}

constexpr std::uint64_t kWithin = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

std::string content_of(int fd, std::size_t size) {
  std::string content(std::min(size, kLargestFile), '\0');
  const ssize_t n = ::pread(fd, content.data(), content.size(), 0);
  content.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return content;
}

// Whether an overlay shows nothing of the layers below in this folder.
bool is_opaque(int root, const char* folder) {
  const UniqueFd fd(openat2(root, folder, O_RDONLY | O_DIRECTORY, kWithin));
  char value = 0;
  return fd && ::fgetxattr(fd.get(), kOverlayOpaque, &value, 1) == 1 && value == 'y';
}

// What this layer says of the file: its content, that there is none (a whiteout), or nothing.
std::optional<std::string> read_below(const std::string& root, const char* path) {
  const UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::nullopt;
  const UniqueFd place(openat2(folder.get(), path, O_PATH, kWithin));
  struct stat st {};
  if (place && ::fstat(place.get(), &st) == 0) {
    if (!S_ISREG(st.st_mode)) return "";
    // O_NONBLOCK: by now it may be a fifo.
    const UniqueFd fd(openat2(folder.get(), path, O_RDONLY | O_NONBLOCK, kWithin));
    const bool regular = fd && ::fstat(fd.get(), &st) == 0 && S_ISREG(st.st_mode);
    return regular ? content_of(fd.get(), static_cast<std::size_t>(st.st_size)) : "";
  }
  if (is_opaque(folder.get(), "etc")) return "";
  return std::nullopt;
}

std::string first_found(const std::vector<std::string>& roots, const char* path) {
  for (const std::string& root : roots)
    if (const auto content = read_below(root, path)) return *content;
  return "";
}

bool is_numeric(const std::string& user) {
  return !user.empty() && user.find_first_not_of("0123456789:") == std::string::npos;
}

}  // namespace

Result<Identity> look_up_in(const std::string& user, const std::string& passwd, const std::string& group) {
  const std::size_t colon = user.find(':');
  const std::string name = colon == std::string::npos ? user : user.substr(0, colon);
  const std::string key = name.empty() ? "0" : name;
  Identity identity;
  const auto entry = find_entry(passwd, key, 6);
  if (!entry.empty()) {
    const auto uid = number(entry[2]);
    const auto gid = number(entry[3]);
    if (!uid || !gid) return fault("user \"" + key + "\": its line in /etc/passwd has no numbers");
    identity.uid = *uid;
    identity.gid = *gid;
    if (!entry[5].empty()) identity.home = entry[5];
  } else if (const auto uid = number(key)) {
    identity.uid = *uid;
    if (*uid == 0) identity.home = "/root";
  } else {
    return fault("find user \"" + key + "\" in the container's /etc/passwd: no such user");
  }
  if (colon == std::string::npos || colon + 1 == user.size()) {
    if (!entry.empty()) identity.groups = groups_of(entry[0], group);
    return identity;
  }
  const std::string wanted = user.substr(colon + 1);
  const auto group_entry = find_entry(group, wanted, 3);
  const auto gid = number(group_entry.empty() ? std::string_view(wanted) : group_entry[2]);
  if (!gid) return fault("find group \"" + wanted + "\" in the container's /etc/group: no such group");
  identity.gid = *gid;
  return identity;
}

Result<std::vector<gid_t>> groups_in(const std::vector<std::string>& names, const std::string& group) {
  std::vector<gid_t> groups;
  for (const std::string& name : names) {
    const auto entry = find_entry(group, name, 3);
    const auto gid = number(entry.empty() ? std::string_view(name) : entry[2]);
    if (!gid) return fault("find group \"" + name + "\" in the container's /etc/group: no such group");
    groups.push_back(*gid);
  }
  return groups;
}

Result<std::vector<gid_t>> look_up_groups(const std::vector<std::string>& names,
                                          const std::vector<std::string>& roots) {
  if (names.empty()) return std::vector<gid_t>{};
  return groups_in(names, first_found(roots, "etc/group"));
}

Result<Identity> look_up(const std::string& user, const std::vector<std::string>& roots) {
  // Plain "0:0" needs no file; HOME of root is /root by custom.
  if (is_numeric(user) && user.find(':') != std::string::npos && user.starts_with("0:"))
    return look_up_in(user, "", "");
  return look_up_in(user, first_found(roots, "etc/passwd"), first_found(roots, "etc/group"));
}

}  // namespace stack::engine
