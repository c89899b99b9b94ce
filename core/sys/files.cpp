#include "core/sys/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace stack {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
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
  return durability == Durability::disk ? sync_folder(parent_of(path)) : Result<void>();
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("write \"" + path + "\"");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> write_all_at(int fd, std::string_view bytes, off_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
  return {};
}

Result<void> sync_folder(const std::string& path) {
  const UniqueFd folder = TRY(open_fd(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(folder.get()) != 0) return os_error("fsync \"" + path + "\"");
  return {};
}

Result<void> sync_file_system(const std::string& path) {
  const UniqueFd folder = TRY(open_fd(path, O_RDONLY | O_DIRECTORY));
  if (::syncfs(folder.get()) != 0) return os_error("write \"" + path + "\" to the disk");
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

}  // namespace stack
