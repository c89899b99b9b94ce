#include "core/images/layer_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "core/images/layer_xattrs.h"
#include "core/sys/files.h"
#include "core/sys/open_below.h"
#include "core/sys/overlayfs.h"

namespace stack {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr std::size_t kMostFolderBytes = std::size_t{24} << 20;

std::string quoted(const std::string& path) {
  return "\"" + path + "\"";
}

std::string below(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "/" + name;
}

Error entry_error(const char* verb, const EntryName& entry, int code) {
  return os_error(std::string(verb) + " " + quoted(below(entry.parent, entry.name)), code);
}

Result<void> set_opaque(int folder, const std::string& path) {
  if (set_overlay_opaque(folder) != 0) return os_error("mark " + quoted(path) + " as hiding what is below");
  return {};
}

Result<void> owner_and_mode(int fd, const EntryAttributes& attributes) {
  // In this order: a change of the owner takes setuid and file capabilities away (chown(2)).
  if (::fchown(fd, attributes.uid, attributes.gid) != 0) return os_error("chown");
  if (::fchmod(fd, attributes.mode) != 0) return os_error("chmod");
  return set_xattrs(fd, attributes.xattrs);
}

}  // namespace

Result<LayerTree> LayerTree::open(const std::string& folder) {
  return LayerTree(TRY(open_fd(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)));
}

Result<UniqueFd> LayerTree::open_folder(const std::string& path, int more_flags) const {
  if (path.empty()) {
    UniqueFd fd(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 3));
    if (!fd) return os_error("duplicate the layer's folder");
    return fd;
  }
  UniqueFd fd = open_below(root_.get(), path.c_str(), kFolderFlags | more_flags,
                           RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (!fd) return os_error("open " + quoted(path));
  return fd;
}

Result<int> LayerTree::parent(const std::string& path) {
  if (path.empty()) return root_.get();
  if (parent_holds_ && parent_path_ == path) return parent_.get();
  Result<UniqueFd> folder = open_folder(path, 0);
  if (!folder.ok() && (folder.error().code == ENOENT || folder.error().code == ENOTDIR))
    folder = make_parents(path);
  parent_ = TRY(std::move(folder));
  parent_path_ = path;
  parent_holds_ = true;
  return parent_.get();
}

// Folders that the archive does not have, or not yet.
Result<UniqueFd> LayerTree::make_parents(const std::string& path) {
  UniqueFd above = TRY(open_folder("", 0));
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string prefix = path.substr(0, end);
    Result<UniqueFd> folder = open_folder(prefix, 0);
    if (!folder.ok() && (folder.error().code == ENOENT || folder.error().code == ENOTDIR))
      folder = make_parent(above.get(), path.substr(start, end - start), prefix);
    above = TRY(std::move(folder));
    start = end + 1;
  }
  return above;
}

Result<UniqueFd> LayerTree::make_parent(int above, const std::string& name, const std::string& path) {
  switch (TRY(look(above, name))) {
    case Found::nothing:
    case Found::whiteout:
      break;
    case Found::folder:
    case Found::other:
      return fault(quoted(path) + " is no folder, but an entry is to be put into it");
  }
  return make_folder(above, name);
}

Result<LayerTree::Found> LayerTree::look(int folder, const std::string& name) const {
  struct stat st {};
  if (::fstatat(folder, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return Found::nothing;
    return os_error("stat " + quoted(name));
  }
  if (S_ISDIR(st.st_mode)) return Found::folder;
  return is_whiteout(st) ? Found::whiteout : Found::other;
}

Result<void> LayerTree::make_room(int folder, const std::string& name) {
  // A folder on the path of the last parent may be among what goes, and a link come in its place.
  parent_holds_ = false;
  return remove_tree("/proc/self/fd/" + std::to_string(folder) + "/" + name);
}

template <typename Create>
Result<void> LayerTree::create(int folder, const std::string& name, Create&& call) {
  if (call() == 0) return {};
  if (errno != EEXIST) return os_error("create " + quoted(name));
  TRY(make_room(folder, name));
  if (call() != 0) return os_error("create " + quoted(name));
  return {};
}

// A folder that takes the place of a mark hides what is below, as the mark did: both are of this layer, and a
// mark is about the others.
Result<UniqueFd> LayerTree::make_folder(int parent, const std::string& name) {
  const Found found = TRY(look(parent, name));
  if (found == Found::whiteout || found == Found::other) TRY(make_room(parent, name));
  if (found != Found::folder && ::mkdirat(parent, name.c_str(), 0755) != 0)
    return os_error("mkdir " + quoted(name));
  UniqueFd folder(::openat(parent, name.c_str(), kFolderFlags | O_NOFOLLOW));
  if (!folder) return os_error("open " + quoted(name));
  if (found != Found::folder) {
    // The umask is not the image's affair.
    if (::fchmod(folder.get(), 0755) != 0) return os_error("chmod " + quoted(name));
    if (found == Found::whiteout) TRY(set_opaque(folder.get(), name));
  }
  return folder;
}

Result<void> LayerTree::put_folder(const EntryName& entry, const EntryAttributes& attributes) {
  const std::string path = below(entry.parent, entry.name);
  UniqueFd folder;
  if (entry.kind == EntryName::Kind::root) {
    TRY(owner_and_mode(root_.get(), attributes).with("the top folder"));
  } else {
    folder = TRY(make_folder(TRY(parent(entry.parent)), entry.name).with(quoted(path)));
    TRY(owner_and_mode(folder.get(), attributes).with(quoted(path)));
    parent_ = std::move(folder);
    parent_path_ = path;
    parent_holds_ = true;
  }
  folder_bytes_ += path.size() + sizeof(FolderTimes);
  if (folder_bytes_ > kMostFolderBytes) return fault("the layer has too many folders");
  folder_times_.push_back({path, attributes.times});
  return {};
}

Result<UniqueFd> LayerTree::put_file(const EntryName& entry) {
  const int folder = TRY(parent(entry.parent));
  UniqueFd file;
  TRY(create(folder, entry.name, [&] {
        file.reset(
            ::openat(folder, entry.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        return file ? 0 : -1;
      }).with(quoted(below(entry.parent, entry.name))));
  return file;
}

Result<void> LayerTree::seal_file(int file, const EntryAttributes& attributes) {
  TRY(owner_and_mode(file, attributes));
  if (::futimens(file, attributes.times.data()) != 0) return os_error("set its times");
  return {};
}

Result<void> LayerTree::name_attributes(int folder, const std::string& name,
                                        const EntryAttributes& attributes) {
  if (::fchownat(folder, name.c_str(), attributes.uid, attributes.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return os_error("chown");
  TRY(set_name_xattrs(folder, name, attributes.xattrs));
  if (::utimensat(folder, name.c_str(), attributes.times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    return os_error("set its times");
  return {};
}

Result<void> LayerTree::put_symlink(const EntryName& entry, const std::string& target,
                                    const EntryAttributes& attributes) {
  const int folder = TRY(parent(entry.parent));
  const std::string path = quoted(below(entry.parent, entry.name));
  TRY(create(folder, entry.name, [&] {
        return ::symlinkat(target.c_str(), folder, entry.name.c_str());
      }).with(path));
  return name_attributes(folder, entry.name, attributes).with(path);
}

Result<void> LayerTree::put_node(const EntryName& entry, const DeviceNode& node,
                                 const EntryAttributes& attributes) {
  const int folder = TRY(parent(entry.parent));
  const std::string path = quoted(below(entry.parent, entry.name));
  TRY(create(folder, entry.name, [&] {
        return ::mknodat(folder, entry.name.c_str(), node.type | 0600, node.number);
      }).with(path));
  TRY(name_attributes(folder, entry.name, attributes).with(path));
  // It is the node made above, no link: nobody else writes here. It would set the time of change of status
  // only.
  if (::fchmodat(folder, entry.name.c_str(), attributes.mode, 0) != 0) return os_error("chmod " + path);
  return {};
}

Result<void> LayerTree::put_hard_link(const EntryName& entry, const EntryName& target) {
  const std::string from = quoted(below(target.parent, target.name));
  const std::string path = quoted(below(entry.parent, entry.name));
  const UniqueFd source = TRY(open_folder(target.parent, 0).with("hard link " + path));
  struct stat st {};
  if (::fstatat(source.get(), target.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
    return os_error("hard link " + path + " to " + from);
  if (S_ISDIR(st.st_mode) || is_whiteout(st))
    return fault("hard link " + path + " to " + from + ", which is a " +
                 (is_whiteout(st) ? "mark" : "folder"));
  const int folder = TRY(parent(entry.parent));
  struct stat there {};
  if (::fstatat(folder, entry.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == st.st_ino &&
      there.st_dev == st.st_dev)
    return {};  // to make room would remove the target
  return create(folder, entry.name,
                [&] { return ::linkat(source.get(), target.name.c_str(), folder, entry.name.c_str(), 0); })
      .with("hard link " + path + " to " + from);
}

Result<void> LayerTree::put_whiteout(const EntryName& entry) {
  const int folder = TRY(parent(entry.parent));
  switch (TRY(look(folder, entry.name))) {
    case Found::nothing:
      if (::mknodat(folder, entry.name.c_str(), S_IFCHR, makedev(0, 0)) != 0)
        return entry_error("hide", entry, errno);
      return {};
    case Found::folder: {
      UniqueFd there(::openat(folder, entry.name.c_str(), kFolderFlags | O_NOFOLLOW));
      if (!there) return entry_error("open", entry, errno);
      return set_opaque(there.get(), below(entry.parent, entry.name));
    }
    // What is of this layer hides what is below by being there.
    case Found::whiteout:
    case Found::other:
      return {};
  }
  return {};
}

Result<void> LayerTree::put_opaque(const EntryName& entry) {
  return set_opaque(TRY(parent(entry.parent)), entry.parent.empty() ? "/" : entry.parent);
}

Result<void> LayerTree::finish() {
  for (const FolderTimes& one : folder_times_) {
    const Result<UniqueFd> folder = open_folder(one.path, O_NOFOLLOW);
    if (!folder.ok()) continue;  // replaced by something else since
    if (::futimens(folder->get(), one.times.data()) != 0)
      return os_error("set the times of " + quoted(one.path));
  }
  return {};
}

}  // namespace stack
