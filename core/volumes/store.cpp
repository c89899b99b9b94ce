#include "core/volumes/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack::volumes {
namespace {

constexpr char kDraft[] = ".new-";
constexpr char kRemains[] = ".old-";

Result<std::vector<std::string>> leftovers(const std::string& root) {
  std::vector<std::string> paths;
  for (const std::string& name : TRY(names_in(root)))
    if (name.starts_with(kDraft) || name.starts_with(kRemains)) paths.push_back(root + "/" + name);
  return paths;
}

// One that is locked has somebody who still works on it. One that cannot be removed is in nobody's way but
// that of its own name, and told then.
void sweep(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) continue;
    const auto locked = lock_folder(folder.get(), Waiting::no);
    if (locked && *locked) static_cast<void>(remove_tree(path));
  }
}

}  // namespace

Result<bool> lock_folder(int folder, Waiting waiting) {
  return lock(folder, Locking::exclusive, waiting, "a folder of volumes");
}

Result<UniqueFd> lock_store(const std::string& root) {
  TRY(make_folders(root, 0700));
  UniqueFd lock = TRY(open_fd(root + "/.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  TRY(lock_folder(lock.get(), Waiting::yes));
  sweep(TRY(leftovers(root)));
  return lock;
}

std::string draft_path(const std::string& root, const std::string& name) {
  return root + "/" + kDraft + name;
}
std::string remains_path(const std::string& root, const std::string& name) {
  return root + "/" + kRemains + name;
}

}  // namespace stack::volumes
