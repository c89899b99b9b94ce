#include "core/engine/cgroup_watch.h"

#include <sys/inotify.h>

#include <cerrno>

#include "core/engine/cgroup_files.h"
#include "core/sys/inotify.h"

namespace stack::cgroup {

Result<Watch> Watch::open() {
  return Watch(TRY(open_inotify()));
}

Result<void> Watch::set(const std::string& name, const std::vector<Limit>& limits) {
  std::set<int> kept;
  for (const Limit& limit : limits) {
    const int watch = ::inotify_add_watch(inotify_.get(), limit.file.c_str(), IN_MODIFY);
    if (watch < 0 && errno == ENOENT) continue;
    if (watch < 0) return os_error("watch \"" + limit.file + "\" (see fs.inotify.max_user_watches)");
    watches_[watch] = name;
    kept.insert(watch);
  }
  std::erase_if(watches_, [&](const auto& one) {
    if (one.second != name || kept.contains(one.first)) return false;
    ::inotify_rm_watch(inotify_.get(), one.first);  // EINVAL: it went by itself
    return true;
  });
  return {};
}

Result<Watch::Heard> Watch::take() {
  Heard heard;
  TRY(take_inotify_events(inotify_.get(), [&](const InotifyEvent& event) -> Result<void> {
    if (event.mask & IN_Q_OVERFLOW) heard.everything = false;
    const auto watched = watches_.find(event.watch);
    if (watched != watches_.end() && (event.mask & IN_MODIFY)) heard.written.insert(watched->second);
    if (event.mask & IN_IGNORED) watches_.erase(event.watch);
    return {};
  }));
  return heard;
}

Result<std::optional<ChangedLimit>> changed_limit(const std::vector<Limit>& limits) {
  for (const Limit& limit : limits) {
    const auto held = read_value(limit.file);
    // It ends, and its cgroup with it.
    if (!held && held.error().code == ENODEV) return std::optional<ChangedLimit>();
    if (!held) return held.error();
    if (*held && !holds(**held, limit.value)) return std::optional(ChangedLimit{limit, **held});
  }
  return std::optional<ChangedLimit>();
}

}  // namespace stack::cgroup
