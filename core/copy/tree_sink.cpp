#include "core/copy/tree_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/copy/tree.h"
#include "core/sys/files.h"
#include "core/sys/open_below.h"

namespace stack::copy {
namespace {

constexpr std::size_t kBlock = 4096;  // of zeros, which become a hole

Result<void> make_room(int folder, const char* name) {
  struct stat st {};
  if (::fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return os_error("stat");
  }
  if (S_ISDIR(st.st_mode)) return fault("a folder is there, which only a folder can be copied onto");
  if (::unlinkat(folder, name, 0) != 0 && errno != ENOENT) return os_error("replace");
  return {};
}

bool is_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

// Blocks of zeros become holes: a large file that says nothing takes no room.
Result<void> write_without_zeros(int file, std::string_view bytes, off_t at) {
  for (std::size_t begin = 0; begin < bytes.size();) {
    std::size_t end = begin;
    while (end < bytes.size() && !is_zero(bytes.substr(end, kBlock))) end += kBlock;
    end = std::min(end, bytes.size());
    if (end > begin)
      TRY(write_all_at(file, bytes.substr(begin, end - begin), at + static_cast<off_t>(begin)));
    begin = end + kBlock;  // the block of zeros that ended it
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

Result<void> TreeSink::put(const Entry& entry, const Content& content) {
  if (entry.path.empty()) return {};  // the folder itself, which is there
  const Place at = TRY(place_of(entry.path));
  const std::string what = "write \"" + entry.path + "\"";
  switch (entry.kind) {
    case Kind::folder:
      return put_folder(at, entry).with(what);
    case Kind::file:
      return put_file(at, entry, content).with(what);
    case Kind::symlink:
      return put_symlink(at, entry).with(what);
    case Kind::hard_link:
      return put_hard_link(at, entry).with(what);
  }
  return {};
}

Result<UniqueFd> TreeSink::open_folder(const std::string& path) const {
  UniqueFd folder = open_below(root_.get(), path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY,
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  if (!folder && errno == ELOOP)
    return fault("write into \"" + path + "\": a symlink is on the way; name where it leads instead");
  if (!folder) return os_error("write into \"" + path + "\"");
  if (is_view_of_kernel(folder.get()))
    return fault("write into \"" + path + "\": it is a view of the kernel");
  return folder;
}

Result<TreeSink::Place> TreeSink::place_of(const std::string& path) {
  const std::string parent = parent_of(path);
  if (!parent_ || parent != parent_path_) {
    auto folder = open_folder(parent);
    if (!folder && folder.error().code == ENOENT && !parent.empty()) {
      TRY(make_missing(parent));
      folder = open_folder(parent);
    }
    if (!folder) return folder.error();
    parent_ = *std::move(folder);
    parent_path_ = parent;
  }
  return Place{parent_.get(), parent.empty() ? path : path.substr(parent.size() + 1)};
}

// A tar need not name the folders that its files are in.
Result<void> TreeSink::make_missing(const std::string& path) {
  Entry folder;
  folder.path = path;
  folder.kind = Kind::folder;
  folder.mode = 0755;
  folder.changed.tv_nsec = UTIME_NOW;
  return put(folder, {});
}

Result<void> TreeSink::put_folder(const Place& at, const Entry& entry) {
  const bool made = ::mkdirat(at.folder, at.name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return os_error("mkdir");
  const UniqueFd folder(
      ::openat(at.folder, at.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && (errno == ENOTDIR || errno == ELOOP))
    return fault("what is there is no folder, and a folder cannot be copied onto it");
  if (!folder) return os_error("open");
  if (!made) return {};
  TRY(give_attributes(folder.get(), entry));
  folder_times_.push_back({entry.path, entry.changed});
  return {};
}

Result<void> TreeSink::put_file(const Place& at, const Entry& entry, const Content& content) {
  const char* const name = at.name.c_str();
  TRY(make_room(at.folder, name));
  const UniqueFd file(::openat(at.folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return os_error("create");
  const Result<void> filled = fill(file.get(), entry, content);
  const Result<void> done = filled ? give_attributes(file.get(), entry) : filled;
  // Half a file is none. Should it not go either, the error that is told is the one that matters.
  if (!done) ::unlinkat(at.folder, name, 0);
  return done;
}

Result<void> TreeSink::fill(int file, const Entry& entry, const Content& content) {
  buffer_.resize(kBuffer);
  off_t at = 0;
  while (const std::size_t n = TRY(content(buffer_.data(), buffer_.size()))) {
    TRY(write_without_zeros(file, {buffer_.data(), n}, at));
    at += static_cast<off_t>(n);
  }
  if (static_cast<std::uint64_t>(at) != entry.size) return fault("its content is cut short");
  if (::ftruncate(file, at) != 0) return os_error("set size");
  return {};
}

Result<void> TreeSink::put_symlink(const Place& at, const Entry& entry) {
  const char* const name = at.name.c_str();
  TRY(make_room(at.folder, name));
  if (::symlinkat(entry.link.c_str(), at.folder, name) != 0) return os_error("symlink");
  if (keeping_.owners) {
    const auto [uid, gid] = TRY(owner_of(entry));
    if (::fchownat(at.folder, name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0) return os_error("set owner");
  }
  const timespec times[] = {entry.changed, entry.changed};
  if (::utimensat(at.folder, name, times, AT_SYMLINK_NOFOLLOW) != 0) return os_error("set times");
  return {};
}

Result<void> TreeSink::put_hard_link(const Place& at, const Entry& entry) {
  const UniqueFd folder = TRY(open_folder(parent_of(entry.link)));
  const std::string parent = parent_of(entry.link);
  const std::string name = parent.empty() ? entry.link : entry.link.substr(parent.size() + 1);
  if (entry.link == entry.path) return {};
  TRY(make_room(at.folder, at.name.c_str()));
  if (::linkat(folder.get(), name.c_str(), at.folder, at.name.c_str(), 0) != 0)
    return os_error("link to \"" + entry.link + "\"");
  return {};
}

Result<std::pair<uid_t, gid_t>> TreeSink::owner_of(const Entry& entry) const {
  const auto uid = keeping_.ids.outside(entry.uid);
  const auto gid = keeping_.ids.outside(entry.gid);
  if (!uid || !gid)
    return fault("owner " + std::to_string(entry.uid) + ":" + std::to_string(entry.gid) +
                 " has no number there: without -a it is root's");
  return std::pair<uid_t, gid_t>(*uid, *gid);
}

// A new owner takes setuid bits away: it comes first.
Result<void> TreeSink::give_attributes(int fd, const Entry& entry) const {
  if (keeping_.owners) {
    const auto [uid, gid] = TRY(owner_of(entry));
    if (::fchown(fd, uid, gid) != 0) return os_error("set owner");
  }
  if (::fchmod(fd, entry.mode & keeping_.mode) != 0) return os_error("set mode");
  const timespec times[] = {entry.changed, entry.changed};
  if (::futimens(fd, times) != 0) return os_error("set times");
  return {};
}

Result<void> TreeSink::finish() {
  for (auto it = folder_times_.rbegin(); it != folder_times_.rend(); ++it) {
    const auto folder = open_folder(it->path);
    if (!folder) continue;  // moved away by somebody else, whose time it has now
    const timespec times[] = {it->changed, it->changed};
    if (::futimens(folder->get(), times) != 0) return os_error("set times of \"" + it->path + "\"");
  }
  return {};
}

}  // namespace stack::copy
