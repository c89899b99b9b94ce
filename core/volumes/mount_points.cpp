#include "core/volumes/mount_points.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <sstream>

#include "core/sys/files.h"

namespace stack::volumes {
namespace {

bool is_octal(const std::string& text, std::size_t at) {
  return text.size() - at >= 4 && text[at] == '\\' && text.find_first_not_of("01234567", at + 1) >= at + 4;
}

// proc_pid_mountinfo(5): blanks and the like are written as "\040".
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_octal(text, at)) {
      plain += text[at];
      continue;
    }
    plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
    at += 3;
  }
  return plain;
}

Result<std::string> real_path(const std::string& path) {
  char real[PATH_MAX];
  if (::realpath(path.c_str(), real) == nullptr) return os_error("resolve \"" + path + "\"");
  return std::string(real);
}

}  // namespace

Result<bool> is_mount_point(const std::string& path) {
  struct statx st {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, 0, &st) !=
      0)
    return os_error("stat \"" + path + "\"");
  if ((st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0)
    return fault("stat \"" + path + "\": this kernel does not tell mount points (Linux 5.8 does)");
  return (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<std::vector<std::string>> mounts_below(const std::string& path) {
  const std::string top = TRY(real_path(path));
  std::istringstream lines(TRY(read_file("/proc/self/mountinfo")));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    const std::string point = unescaped(field);
    if (point == top || point.starts_with(top + "/")) found.push_back(point);
  }
  return found;
}

}  // namespace stack::volumes
