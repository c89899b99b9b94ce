#include "core/reconcile/storage_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "core/sys/files.h"

namespace stack {
namespace {

Result<UniqueFd> open_folder(const std::string& lib) {
  TRY(make_folders(lib, 0755));
  return open_fd(lib, O_RDONLY | O_DIRECTORY);
}

Result<void> flock_folder(int fd, int operation, const std::string& lib) {
  while (::flock(fd, operation) != 0)
    if (errno != EINTR) return os_error("lock \"" + lib + "\"");
  return {};
}

}  // namespace

Result<UniqueFd> share_storage(const std::string& lib) {
  UniqueFd folder = TRY(open_folder(lib));
  TRY(flock_folder(folder.get(), LOCK_SH, lib));
  return folder;
}

Result<UniqueFd> lock_storage(const std::function<void()>& on_wait, const std::string& lib) {
  UniqueFd folder = TRY(open_folder(lib));
  const Result<void> free = flock_folder(folder.get(), LOCK_EX | LOCK_NB, lib);
  if (!free && free.error().code != EWOULDBLOCK) return free.error();
  if (!free) {
    on_wait();
    TRY(flock_folder(folder.get(), LOCK_EX, lib));
  }
  return folder;
}

}  // namespace stack
