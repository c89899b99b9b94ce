#include "core/engine/cgroup_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

#include "core/engine/cgroup_files.h"

namespace stack::cgroup {

Result<Watch> Watch::open() {
  UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return os_error("make an inotify instance (see fs.inotify.max_user_instances)");
  return Watch(std::move(inotify));
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
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(inotify_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return heard;
    if (n < 0) return os_error("read the inotify instance");
    for (const char* at = buffer; at < buffer + n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof *event + event->len;
      if (event->mask & IN_Q_OVERFLOW) heard.everything = false;
      const auto watched = watches_.find(event->wd);
      if (watched != watches_.end() && (event->mask & IN_MODIFY)) heard.written.insert(watched->second);
      if (event->mask & IN_IGNORED) watches_.erase(event->wd);
    }
  }
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
