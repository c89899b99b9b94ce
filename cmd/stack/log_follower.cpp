#include "cmd/stack/log_follower.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "cmd/stack/format.h"
#include "cmd/stack/output.h"
#include "core/sys/inotify.h"
#include "specs/replicas.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

constexpr int kLookAgainMs = 100;
constexpr std::uint32_t kFolderEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;
// IN_DELETE of the folder's name: IN_DELETE_SELF of the folder itself waits until the files that we have open
// in it are closed.
constexpr std::uint32_t kRootEvents = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR;

bool exists(const std::string& folder) {
  return ::access(folder.c_str(), F_OK) == 0;
}

}  // namespace

LogFollower::LogFollower(std::string root, LogStyle style, LogSpan span)
    : root_(std::move(root)),
      style_(style),
      span_(span),
      terminal_out_(::isatty(STDOUT_FILENO) == 1),
      terminal_err_(::isatty(STDERR_FILENO) == 1) {}

Result<void> LogFollower::add(const std::string& service, std::optional<std::size_t> tail) {
  Source source;
  source.service = service;
  source.folder = root_ + "/" + service;
  if (exists(source.folder)) {
    source.seen = true;
    source.reader = TRY(logs::LogReader::open(source.folder));
    if (tail) TRY(source.reader->seek_tail(*tail));
  }
  sources_.push_back(std::move(source));
  set_prefixes();
  return {};
}

void LogFollower::set_prefixes() {
  std::size_t wide = 0;
  for (const Source& source : sources_) wide = std::max(wide, width(numbered_name(source.service)));
  const bool colour_out = style_.colour && wants_colour(STDOUT_FILENO);
  const bool colour_err = style_.colour && wants_colour(STDERR_FILENO);
  for (std::size_t i = 0; style_.prefix && i < sources_.size(); ++i) {
    sources_[i].prefix_out = log_prefix(numbered_name(sources_[i].service), wide, i, colour_out);
    sources_[i].prefix_err = log_prefix(numbered_name(sources_[i].service), wide, i, colour_err);
  }
}

void LogFollower::watch() {
  watching_ = true;
  inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  // Where the user's inotify instances are used up, looking again now and then does it too.
  if (!inotify_) return;
  for (Source& source : sources_) watch_source(source);
}

void LogFollower::watch_source(Source& source) {
  source.dirty = true;  // what came before the watch was there gives no notice
  if (inotify_ && source.reader)
    source.watch = ::inotify_add_watch(inotify_.get(), source.folder.c_str(), kFolderEvents);
}

int LogFollower::timeout_ms() const {
  if (!watching_) return -1;
  if (!inotify_) return kLookAgainMs;
  for (const Source& source : sources_) {
    if (source.reader && source.dirty) return 0;  // opened just now: what it holds already gives no notice
    const bool unwatched = source.reader ? source.watch < 0 : root_watch_ < 0;
    if (unwatched) return kLookAgainMs;
  }
  return -1;
}

bool LogFollower::gone() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const Source& source) { return !source.reader; }) &&
         std::any_of(sources_.begin(), sources_.end(), [](const Source& source) { return source.seen; });
}

Result<void> LogFollower::take_notices() {
  return take_inotify_events(inotify_.get(), [this](const InotifyEvent& event) -> Result<void> {
    for (Source& source : sources_) {
      const bool all = (event.mask & IN_Q_OVERFLOW) != 0 || event.watch == root_watch_;
      if (!all && event.watch != source.watch) continue;
      source.dirty = true;
      if ((event.mask & IN_IGNORED) != 0 && event.watch == source.watch) source.watch = -1;
    }
    if (event.watch == root_watch_ && (event.mask & IN_IGNORED) != 0) root_watch_ = -1;
    return {};
  });
}

// A container that was made anew, or came later, has a folder of its own: all of it is news.
Result<void> LogFollower::open_missing() {
  if (inotify_ && root_watch_ < 0 && watching_)
    root_watch_ = ::inotify_add_watch(inotify_.get(), root_.c_str(), kRootEvents);
  for (Source& source : sources_) {
    if (source.reader && !exists(source.folder)) {
      source.reader.reset();
      if (source.watch >= 0) ::inotify_rm_watch(inotify_.get(), std::exchange(source.watch, -1));
    }
    if (source.reader || !exists(source.folder)) continue;
    auto reader = logs::LogReader::open(source.folder);
    if (!reader && reader.error().code == ENOENT) continue;  // removed again just now
    if (!reader) return reader.error();
    source.reader = *std::move(reader);
    source.seen = true;
    watch_source(source);
  }
  return {};
}

Result<void> LogFollower::drain(Rest rest) {
  if (inotify_) TRY(take_notices());
  std::vector<Entry> entries;
  for (Source& source : sources_) {
    if (!source.reader || (inotify_ && source.watch >= 0 && !source.dirty && rest == Rest::keep)) continue;
    source.dirty = false;
    auto lines = source.reader->poll();
    if (!lines && lines.error().code != ENOENT) return lines.error();
    if (lines)
      for (logs::Line& line : *lines) entries.push_back({&source, std::move(line)});
    if (rest == Rest::last || style_.raw || !exists(source.folder))
      for (logs::Line& line : source.reader->flush()) entries.push_back({&source, std::move(line)});
  }
  std::erase_if(entries, [this](const Entry& entry) {
    return entry.line.time_ns < span_.since || entry.line.time_ns > span_.until;
  });
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.line.time_ns < b.line.time_ns; });
  write(entries);
  return open_missing();
}

void LogFollower::write(const std::vector<Entry>& entries) const {
  std::string text;
  logs::Stream stream = logs::Stream::out;
  const auto flush = [&] {
    stream == logs::Stream::out ? print(text) : print_error(text);
    text.clear();
  };
  for (const Entry& entry : entries) {
    if (entry.line.stream != stream || text.size() > 65536)
      flush();  // on a terminal both streams keep their order
    stream = entry.line.stream;
    if (style_.raw) {
      text += entry.line.text + (entry.line.ended ? "\n" : "");
      continue;
    }
    const bool out = stream == logs::Stream::out;
    text += out ? entry.source->prefix_out : entry.source->prefix_err;
    if (style_.timestamps) text += timestamp(entry.line.time_ns) + " ";
    text += (out ? terminal_out_ : terminal_err_) ? printable(entry.line.text) : entry.line.text;
    text += '\n';
  }
  flush();
}

}  // namespace stack::cmd
