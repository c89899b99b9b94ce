#include "core/reconcile/storage_lock.h"

#include <fcntl.h>

#include "core/sys/files.h"
#include "core/sys/lock.h"

namespace stack {
namespace {

Result<UniqueFd> open_folder(const std::string& lib) {
  TRY(make_folders(lib, 0755));
  return open_fd(lib, O_RDONLY | O_DIRECTORY);
}

}  // namespace

Result<UniqueFd> share_storage(const std::string& lib) {
  UniqueFd folder = TRY(open_folder(lib));
  TRY(lock(folder.get(), Locking::shared, Waiting::yes, lib));
  return folder;
}

Result<UniqueFd> lock_storage(const std::function<void()>& on_wait, const std::string& lib) {
  UniqueFd folder = TRY(open_folder(lib));
  if (!TRY(lock(folder.get(), Locking::exclusive, Waiting::no, lib))) {
    on_wait();
    TRY(lock(folder.get(), Locking::exclusive, Waiting::yes, lib));
  }
  return folder;
}

}  // namespace stack
