#include "core/copy/tree_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/copy/tree.h"
#include "core/sys/dir.h"

namespace stack::copy {
namespace {

const char* special_kind(mode_t mode) {
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISFIFO(mode)) return "a fifo";
  return S_ISSOCK(mode) ? "a socket" : "of no known kind";
}

bool is_copied(mode_t mode) {
  return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

// What of a folder is read: all that is in it, what is of the same mount, nothing.
enum class Within { all, unmounted, nothing };

// Which mount a descriptor is in (statx(2)).
Result<std::uint64_t> mount_of(int fd) {
  struct statx st {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) != 0) return os_error("find the mount");
  return st.stx_mnt_id;
}

class TreeReading {
 public:
  TreeReading(const IdShift& ids, Sink& sink, const LeftOut& left_out, Within within)
      : ids_(ids), sink_(sink), left_out_(left_out), within_(within) {}

  Result<void> read(const UniqueFd& from, const std::string& path, int depth) {
    const struct stat st = TRY(stat_of(from.get()));
    const std::string what = "\"" + path + "\"";
    if (!is_copied(st.st_mode)) return leave_out(what + " is " + special_kind(st.st_mode), depth);
    if (within_ == Within::unmounted && TRY(is_mounted(from, depth))) return put_empty(st.st_mode, path);
    if (!S_ISLNK(st.st_mode) && is_view_of_kernel(from.get()))
      return leave_out(what + " is a view of the kernel", depth);
    Entry entry;
    entry.path = path;
    entry.mode = st.st_mode & 07777;
    entry.uid = ids_.inside(st.st_uid);
    entry.gid = ids_.inside(st.st_gid);
    entry.changed = st.st_mtim;
    if (S_ISDIR(st.st_mode)) return read_folder(from, std::move(entry), depth);
    if (S_ISLNK(st.st_mode)) return read_link(from, std::move(entry));
    entry.size = static_cast<std::uint64_t>(st.st_size);
    return read_file(from, entry);
  }

 private:
  Result<bool> is_mounted(const UniqueFd& from, int depth) {
    const std::uint64_t mount = TRY(mount_of(from.get()));
    if (depth == 0) mount_ = mount;
    return mount != mount_;
  }

  Result<void> put_empty(mode_t mode, const std::string& path) {
    Entry entry;
    entry.path = path;
    entry.kind = S_ISDIR(mode) ? Kind::folder : Kind::file;
    entry.mode = S_ISDIR(mode) ? 0755 : 0644;
    return sink_.put(entry, [](char*, std::size_t) -> Result<std::size_t> { return std::size_t{0}; });
  }

  Result<void> leave_out(const std::string& words, int depth) {
    if (depth == 0) return fault(words);
    left_out_(words);
    return {};
  }

  Result<void> read_link(const UniqueFd& from, Entry entry) {
    entry.kind = Kind::symlink;
    entry.link = TRY(link_of(from.get()).with("\"" + entry.path + "\""));
    return sink_.put(entry, {});
  }

  // As much as it had when it was looked at: one that grows for ever has an end.
  Result<void> read_file(const UniqueFd& from, const Entry& entry) {
    const std::string what = "read \"" + entry.path + "\"";
    const UniqueFd file = TRY(open_again(from.get(), O_RDONLY | O_NOCTTY | O_NONBLOCK).with(what));
    std::uint64_t left = entry.size;
    return sink_.put(entry, [&](char* buffer, std::size_t size) -> Result<std::size_t> {
      for (;;) {
        const ssize_t n = ::read(file.get(), buffer, std::min<std::uint64_t>(size, left));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return os_error(what);
        if (n == 0 && left > 0) return fault(what + ": it has become shorter meanwhile");
        left -= static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
      }
    });
  }

  Result<void> read_folder(const UniqueFd& from, Entry entry, int depth) {
    const std::string what = "read folder \"" + entry.path + "\"";
    if (depth > kDeepest) return fault(what + ": more than " + std::to_string(kDeepest) + " folders deep");
    entry.kind = Kind::folder;
    TRY(sink_.put(entry, {}));
    if (within_ == Within::nothing) return {};
    UniqueFd again = TRY(open_again(from.get(), O_RDONLY | O_DIRECTORY).with(what));
    const Dir dir(::fdopendir(again.get()));
    if (!dir) return os_error(what);
    const int folder = again.release();  // now owned by `dir`
    const std::string before = entry.path.empty() ? "" : entry.path + "/";
    for (errno = 0; const dirent* one = ::readdir(dir.get()); errno = 0) {
      const std::string name = one->d_name;
      if (name != "." && name != "..") TRY(read_entry(folder, name, before + name, depth));
    }
    if (errno != 0) return os_error(what);
    return {};
  }

  Result<void> read_entry(int folder, const std::string& name, const std::string& path, int depth) {
    const UniqueFd fd(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == ENOENT) return {};  // removed meanwhile
    if (!fd) return os_error("open \"" + path + "\"");
    return read(fd, path, depth + 1);
  }

  IdShift ids_;
  Sink& sink_;
  const LeftOut& left_out_;
  Within within_;
  std::uint64_t mount_ = 0;  // of the root
};

}  // namespace

Result<void> read_tree(const UniqueFd& from, const std::string& path, const IdShift& ids, Sink& sink,
                       const LeftOut& left_out) {
  return TreeReading(ids, sink, left_out, Within::all).read(from, path, 0);
}

Result<void> read_unmounted(const UniqueFd& root, const IdShift& ids, Sink& sink, const LeftOut& left_out) {
  return TreeReading(ids, sink, left_out, Within::unmounted).read(root, "", 0);
}

Result<void> read_one(const UniqueFd& from, const std::string& path, const IdShift& ids, Sink& sink,
                      const LeftOut& left_out) {
  return TreeReading(ids, sink, left_out, Within::nothing).read(from, path, 0);
}

}  // namespace stack::copy
