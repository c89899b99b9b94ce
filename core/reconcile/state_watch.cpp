#include "core/reconcile/state_watch.h"

#include <sys/inotify.h>

#include <cerrno>

#include "core/sys/inotify.h"

namespace stack {

Result<StateWatch> StateWatch::open() {
  return StateWatch(TRY(open_inotify()));
}

Result<bool> StateWatch::follow(const std::string& folder, Files files) {
  constexpr std::uint32_t kGone = IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
  const std::uint32_t mask = files == Files::appended ? kGone : kGone | IN_MODIFY;
  const int watch = ::inotify_add_watch(inotify_.get(), folder.c_str(), mask);
  if (watch < 0 && errno == ENOENT) return false;
  if (watch < 0) return os_error("watch \"" + folder + "\" (see fs.inotify.max_user_watches)");
  folders_[watch] = {folder, files};
  return true;
}

void StateWatch::forget(const std::string& folder) {
  std::erase_if(folders_, [&](const auto& one) {
    if (one.second.path != folder) return false;
    ::inotify_rm_watch(inotify_.get(), one.first);  // EINVAL: it went by itself
    return true;
  });
}

Result<StateWatch::Heard> StateWatch::take() {
  Heard heard;
  // What is renamed within a folder comes as two events of one cookie, the new name right after the old one:
  // so a log that is rotated is told from one that is gone.
  std::uint32_t moved = 0;
  std::string moved_path;
  TRY(take_inotify_events(inotify_.get(), [&](const InotifyEvent& event) -> Result<void> {
    if (event.mask & IN_Q_OVERFLOW) heard.everything = false;
    const auto folder = folders_.find(event.watch);
    if (folder == folders_.end()) return {};
    const std::string path = folder->second.path + "/" + event.name;
    const bool is_rotated = folder->second.files == Files::appended && (event.mask & IN_MOVED_TO) &&
                            event.cookie == moved && path.starts_with(moved_path + ".");
    if (is_rotated) heard.paths.erase(moved_path);
    if (event.mask & IN_IGNORED) folders_.erase(folder);
    if (event.mask & IN_MOVED_FROM) {
      moved = event.cookie;
      moved_path = path;
    }
    heard.paths.insert(path);
    return {};
  }));
  return heard;
}

}  // namespace stack
