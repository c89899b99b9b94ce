#include "core/sys/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/sys/dir.h"

namespace stack {
namespace {

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("write \"" + path + "\"");
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> remove_contents(UniqueFd folder, const std::string& path, dev_t device) {
  const Dir dir(::fdopendir(folder.get()));
  if (!dir) return os_error("read folder \"" + path + "\"");
  const int fd = folder.release();  // now owned by `dir`
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (::unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) return os_error("remove \"" + path + "/" + name + "\"");
    UniqueFd child(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child) return os_error("open \"" + path + "/" + name + "\"");
    struct stat st {};
    if (::fstat(child.get(), &st) != 0) return os_error("stat \"" + path + "/" + name + "\"");
    if (st.st_dev != device) return os_error("remove \"" + path + "/" + name + "\"", EXDEV);
    TRY(remove_contents(std::move(child), path + "/" + name, device));
    if (::unlinkat(fd, entry->d_name, AT_REMOVEDIR) != 0 && errno != ENOENT)
      return os_error("remove \"" + path + "/" + name + "\"");
  }
  return {};
}

}  // namespace

Result<UniqueFd> open_fd(const std::string& path, int flags, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return os_error("open \"" + path + "\"");
  return fd;
}

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd = TRY(open_fd(path, O_RDONLY));
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read \"" + path + "\"");
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode,
                          Durability durability) {
  const std::string next = path + ".next";
  {
    const UniqueFd fd = TRY(open_fd(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
    if (::fchmod(fd.get(), mode) != 0) return os_error("chmod \"" + next + "\"");
    TRY(write_all(fd.get(), content, next));
    if (durability == Durability::disk && ::fsync(fd.get()) != 0) return os_error("fsync \"" + next + "\"");
  }
  if (::rename(next.c_str(), path.c_str()) != 0)
    return os_error("rename \"" + next + "\" to \"" + path + "\"");
  if (durability == Durability::disk) {
    const UniqueFd folder = TRY(open_fd(parent_of(path), O_RDONLY | O_DIRECTORY));
    if (::fsync(folder.get()) != 0) return os_error("fsync \"" + parent_of(path) + "\"");
  }
  return {};
}

Result<void> write_existing(const std::string& path, std::string_view content) {
  const UniqueFd fd = TRY(open_fd(path, O_WRONLY));
  const ssize_t n = ::write(fd.get(), content.data(), content.size());
  if (n != static_cast<ssize_t>(content.size()))
    return os_error("write \"" + path + "\" = " + std::string(content), n < 0 ? errno : EIO);
  return {};
}

Result<void> make_folders(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == EEXIST) return {};
  if (errno != ENOENT) return os_error("mkdir \"" + path + "\"");
  TRY(make_folders(parent_of(path), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return os_error("mkdir \"" + path + "\"");
  return {};
}

Result<void> remove_tree(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return os_error("remove \"" + path + "\"");
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return os_error("open \"" + path + "\"");
  struct stat st {};
  if (::fstat(folder.get(), &st) != 0) return os_error("stat \"" + path + "\"");
  TRY(remove_contents(std::move(folder), path, st.st_dev));
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return os_error("remove \"" + path + "\"");
  return {};
}

}  // namespace stack
