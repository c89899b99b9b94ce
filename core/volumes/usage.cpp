#include "core/volumes/usage.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <utility>

#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "core/volumes/mount_plan.h"
#include "core/volumes/open_below.h"
#include "core/volumes/record.h"

namespace stack::volumes {
namespace {

class Count {
 public:
  explicit Count(const UsageLimits& limits) : left_(limits) {}
  [[nodiscard]] const Usage& usage() const { return usage_; }

  // What disappears meanwhile, or cannot be read, is left out: this is a figure for people.
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
    usage_.bytes += static_cast<std::uint64_t>(st.st_blocks) * 512;
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

  UsageLimits left_;
  Usage usage_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

Result<Usage> usage(const std::string& root, const std::string& name, const UsageLimits& limits) {
  const auto record = TRY(read(root, name));
  if (!record) return fault("volume \"" + name + "\": there is none of that name");
  const MountPlan plan = TRY(plan_mount(record->driver_opts).with("volume \"" + name + "\""));
  if (plan.kind == MountPlan::Kind::bind || plan.kind == MountPlan::Kind::helper) return Usage{};
  UniqueFd data = TRY(open_fd(data_path(root, name), O_RDONLY | O_DIRECTORY));
  struct stat st {};
  if (::fstat(data.get(), &st) != 0) return os_error("stat \"" + data_path(root, name) + "\"");
  Count count(limits);
  count.add(st);
  count.add_folder(std::move(data), 1);
  return count.usage();
}

}  // namespace stack::volumes
