#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/engine/security.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack::security {
namespace {

constexpr char kAttribute[] = "security.selinux";
constexpr int kDeepest = 256;

std::string label_of(const std::string& place) {
  std::array<char, 1024> value{};
  const ssize_t n = ::getxattr(place.c_str(), kAttribute, value.data(), value.size());
  // The kernel's own has a NUL at its end.
  return n <= 0 ? "" : std::string(value.data(), ::strnlen(value.data(), static_cast<std::size_t>(n)));
}

// By descriptor, because whoever is in the volume may put a symlink where a file was.
Result<void> label_one(int fd, const std::string& label, const std::string& name) {
  const std::string place = "/proc/self/fd/" + std::to_string(fd);
  if (label_of(place) == label) return {};
  if (::setxattr(place.c_str(), kAttribute, label.c_str(), label.size() + 1, 0) == 0) return {};
  if (errno == EOPNOTSUPP)
    return Error{
        errno, "label \"" + name + "\": its file system keeps no SELinux labels; leave \"z\" and \"Z\" out"};
  return os_error("label \"" + name + "\"");
}

Result<void> label_below(int fd, const std::string& label, const std::string& name, int depth) {
  TRY(label_one(fd, label, name));
  struct stat st {};
  if (::fstat(fd, &st) != 0) return os_error("stat \"" + name + "\"");
  if (!S_ISDIR(st.st_mode)) return {};
  if (depth == kDeepest) return fault("label \"" + name + "\": folders are nested too deep");
  UniqueFd listed(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listed) return os_error("list \"" + name + "\"");
  const Dir dir(::fdopendir(listed.get()));
  if (!dir) return os_error("list \"" + name + "\"");
  static_cast<void>(listed.release());  // it is dir's now
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view word = entry->d_name;
    if (word == "." || word == "..") continue;
    const UniqueFd child(::openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!child && errno == ENOENT) continue;  // gone meanwhile
    if (!child) return os_error("open \"" + name + "/" + entry->d_name + "\"");
    struct stat below {};
    if (::fstat(child.get(), &below) != 0) return os_error("stat \"" + name + "/" + entry->d_name + "\"");
    if (below.st_dev != st.st_dev) continue;  // another file system is not the volume's
    TRY(label_below(child.get(), label, name + "/" + entry->d_name, depth + 1));
  }
  return {};
}

}  // namespace

Result<void> relabel(int fd, const std::string& label, const std::string& name) {
  // A tree that was labelled before is not walked at each start: what is made in it inherits.
  if (label_of("/proc/self/fd/" + std::to_string(fd)) == label) return {};
  return label_below(fd, label, name, 0);
}

std::string shared_label(const Labels& labels) {
  // user:role:type:sensitivity[:categories]
  std::size_t end = 0;
  for (int colons = 0; end < labels.mount.size(); ++end)
    if (labels.mount[end] == ':' && ++colons == 4) break;
  return labels.mount.substr(0, end);
}

}  // namespace stack::security
