#include "core/watch/tree_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/sys/dir.h"
#include "core/sys/inotify.h"

namespace stack::watch {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY |
                                  IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::int64_t kNanosecondsASecond = 1'000'000'000;

std::string below(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_kept(mode_t mode) {
  return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

}  // namespace

bool is_within(const std::string& folder, const std::string& path) {
  if (folder == "/" || path == folder) return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

Result<TreeWatch> TreeWatch::open(std::set<std::string> roots, Skips skips) {
  TreeWatch watch(TRY(open_inotify().with("watch files")), std::move(roots), std::move(skips));
  for (const std::string& root : watch.roots_) TRY(watch.approach(root));
  watch.changes_.clear();
  return watch;
}

Result<std::set<std::string>> TreeWatch::take() {
  TRY(take_inotify_events(inotify_.get(), [this](const InotifyEvent& event) {
    return heed(event.watch, event.mask, event.name);
  }));
  return std::exchange(changes_, {});
}

std::vector<std::string> TreeWatch::paths_within(const std::string& root) const {
  std::vector<std::string> paths;
  if (facts_.contains(root)) paths.push_back(root);
  const std::string before = below(root, "");
  for (auto it = facts_.lower_bound(before); it != facts_.end() && it->first.starts_with(before); ++it)
    paths.push_back(it->first);
  return paths;
}

Result<void> TreeWatch::heed(int watch, std::uint32_t mask, const std::string& name) {
  if ((mask & IN_Q_OVERFLOW) != 0) return compare_all();
  if ((mask & IN_IGNORED) != 0) return lose(watch);
  const auto found = folders_.find(watch);
  if (found == folders_.end() || name.empty()) return {};
  const std::set<std::string> folders = found->second;  // what follows changes it
  for (const std::string& folder : folders) {
    const std::string path = below(folder, name);
    if (is_within_a_root(path)) TRY(look(path));
    for (const std::string& root : roots_)
      if (root != path && is_within(path, root)) TRY(approach(root));
  }
  return {};
}

// The folder is no more, or another one has its name.
Result<void> TreeWatch::lose(int watch) {
  const auto found = folders_.find(watch);
  if (found == folders_.end()) return {};
  const std::set<std::string> folders = std::move(found->second);
  folders_.erase(found);
  for (const std::string& folder : folders) watches_.erase(folder);
  for (const std::string& folder : folders) {
    if (is_within_a_root(folder)) TRY(look(folder));
    for (const std::string& root : roots_)
      if (is_within(folder, root)) TRY(approach(root));
  }
  return {};
}

// A root may go and come again: the nearest folder above it that is there tells of it.
Result<void> TreeWatch::approach(const std::string& root) {
  for (std::string folder = parent_of(root);; folder = parent_of(folder)) {
    if (watches_.contains(folder) || TRY(add_watch(folder))) break;
    if (folder == "/") break;
  }
  TRY(look(root));
  const auto there = facts_.find(root);
  return there != facts_.end() && S_ISDIR(there->second.mode) ? look_within(root) : Result<void>();
}

Result<void> TreeWatch::compare_all() {
  for (const std::string& root : roots_) {
    TRY(approach(root));
    for (const std::string& path : paths_within(root)) {
      TRY(look(path));
      if (watches_.contains(path) && TRY(add_watch(path))) TRY(look_within(path));
    }
  }
  return {};
}

TreeWatch::Facts TreeWatch::facts_of(const struct stat& st) {
  Facts facts{st.st_mode, st.st_dev, st.st_ino};
  if (S_ISDIR(st.st_mode)) return facts;
  facts.size = st.st_size;
  facts.changed = st.st_mtim.tv_sec * kNanosecondsASecond + st.st_mtim.tv_nsec;
  return facts;
}

Result<void> TreeWatch::look(const std::string& path) {
  struct stat st {};
  const bool there = ::lstat(path.c_str(), &st) == 0 && is_kept(st.st_mode);
  if (!there) {
    forget(path);
    return {};
  }
  const Facts now = facts_of(st);
  const auto before = facts_.find(path);
  if (before == facts_.end() || before->second != now) changes_.insert(path);
  // What was in a folder of the same name is not in this one.
  if (before != facts_.end() && S_ISDIR(before->second.mode) && before->second.inode != now.inode)
    forget(path);
  facts_.insert_or_assign(path, now);
  if (!S_ISDIR(st.st_mode) || watches_.contains(path) || skips_(path)) return {};
  return look_within(path);
}

// Watched first and listed second: nothing comes between the two unseen.
Result<void> TreeWatch::look_within(const std::string& folder) {
  if (!watches_.contains(folder) && (skips_(folder) || !TRY(add_watch(folder)))) return {};
  for (const std::string& path : paths_within(folder))
    if (path != folder && parent_of(path) == folder) TRY(look(path));
  const auto names = names_if_there(folder);
  if (!names) return {};  // it went meanwhile, of which the folder above tells
  for (const std::string& name : *names)
    if (const std::string path = below(folder, name); !facts_.contains(path)) TRY(look(path));
  return {};
}

// False where it is not there (any more), or is no folder.
Result<bool> TreeWatch::add_watch(const std::string& folder) {
  const int watch = ::inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
  if (watch < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return false;
  if (watch < 0 && errno == ENOSPC)
    return fault("watch \"" + folder + "\": the kernel gives no more watches (" +
                 std::to_string(watches_.size()) +
                 " are held): raise fs.inotify.max_user_watches, or put what need not be watched into "
                 "\"ignore\"");
  if (watch < 0) return os_error("watch \"" + folder + "\"");
  if (const auto before = watches_.find(folder); before != watches_.end() && before->second != watch)
    folders_[before->second].erase(folder);
  folders_[watch].insert(folder);
  watches_[folder] = watch;
  return true;
}

// And all below it. A folder that was moved to another place of ours is still watched there.
void TreeWatch::forget(const std::string& path) {
  for (const std::string& gone : paths_within(path)) {
    facts_.erase(gone);
    changes_.insert(gone);
    const auto watched = watches_.find(gone);
    if (watched == watches_.end()) continue;
    const auto names = folders_.find(watched->second);
    if (names != folders_.end() && names->second.erase(gone) == 1 && names->second.empty()) {
      // It fails where the kernel has dropped it by itself.
      static_cast<void>(::inotify_rm_watch(inotify_.get(), watched->second));
      folders_.erase(names);
    }
    watches_.erase(watched);
  }
}

bool TreeWatch::is_within_a_root(const std::string& path) const {
  for (const std::string& root : roots_)
    if (is_within(root, path)) return true;
  return false;
}

}  // namespace stack::watch
