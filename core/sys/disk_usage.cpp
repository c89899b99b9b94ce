#include "core/sys/disk_usage.h"

#include <sys/stat.h>

#include <set>
#include <string>
#include <utility>

#include "core/sys/dir.h"
#include "core/sys/open_below.h"

namespace stack {
namespace {

constexpr std::uint64_t kStatBlock = 512;  // stat(2), st_blocks

class Count {
 public:
  explicit Count(const DiskUsageLimits& limits) : left_(limits) {}
  [[nodiscard]] const DiskUsage& usage() const { return usage_; }

  void add_folder(UniqueFd folder, int depth) {
    const Dir dir(::fdopendir(folder.get()));
    if (!dir) return;
    const int fd = folder.release();  // now owned by `dir`
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") add_entry(fd, entry->d_name, depth);
      if (left_.entries == 0) return;
    }
  }
  void add(const struct stat& st) {
    if (left_.entries == 0 || --left_.entries == 0) usage_.complete = false;
    const bool has_names = !S_ISDIR(st.st_mode) && st.st_nlink > 1;
    if (has_names && !seen_.emplace(st.st_dev, st.st_ino).second) return;
    usage_.bytes += static_cast<std::uint64_t>(st.st_blocks) * kStatBlock;
  }

 private:
  void add_entry(int folder, const char* name, int depth) {
    struct stat st {};
    if (!S_ISDIR(type_of(folder, name, st))) return add(st);
    UniqueFd child = open_child_folder(folder, name);
    if (!child) return;
    add(st);
    if (depth < left_.depth) return add_folder(std::move(child), depth + 1);
    usage_.complete = false;
  }
  static mode_t type_of(int folder, const char* name, struct stat& st) {
    if (::fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) st = {};
    return st.st_mode;
  }

  DiskUsageLimits left_;
  DiskUsage usage_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

DiskUsage disk_usage(UniqueFd folder, const DiskUsageLimits& limits) {
  Count count(limits);
  struct stat st {};
  if (::fstat(folder.get(), &st) == 0) count.add(st);
  count.add_folder(std::move(folder), 1);
  return count.usage();
}

}  // namespace stack
