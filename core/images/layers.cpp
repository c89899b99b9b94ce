#include "core/images/layers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "core/images/digest.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "core/sys/lock.h"

namespace stack {
namespace {

// Who had it before may have removed it while we waited.
bool still_has_its_name(const UniqueFd& fd, const std::string& folder) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd.get(), &held) == 0 && ::stat(folder.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

// Where a layer grows. The lock is on the folder around it, which keeps its name.
struct Draft {
  std::string folder;
  UniqueFd lock;
  [[nodiscard]] std::string content() const { return folder + "/layer"; }
};

Result<Draft> begin_draft(const Store& store, const std::string& name, const std::stop_token& stop) {
  Draft draft;
  draft.folder = store.root() + "/layers/" + kNewLayer + name;
  draft.lock = TRY(lock_folder(draft.folder, stop));
  TRY(remove_tree(draft.content()));  // of a process that was killed
  if (::mkdir(draft.content().c_str(), 0755) != 0) return os_error("mkdir \"" + draft.content() + "\"");
  if (::chmod(draft.content().c_str(), 0755) != 0) return os_error("chmod \"" + draft.content() + "\"");
  return draft;
}

Result<void> publish(const Store& store, const Draft& draft, const std::string& diff_id) {
  TRY(sync_file_system(draft.content()));
  const std::string final = store.layer_path(diff_id);
  // An unknown layer may have turned out to be one that is there.
  if (::rename(draft.content().c_str(), final.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY)
    return os_error("rename \"" + draft.content() + "\" to \"" + final + "\"");
  return sync_folder(store.root() + "/layers");
}

Result<void> check(const std::string& blob, const LayerDigests& expected, const std::stop_token& stop) {
  const LayerDigests found = TRY(digest_layer(blob, stop));
  if (found.blob != expected.blob || found.diff_id != expected.diff_id)
    return Error{EBADMSG, "\"" + blob + "\" is not what the image says: its digest is " + found.blob +
                              ", its diff id " + found.diff_id};
  return {};
}

Result<UnpackedLayer> unpack_and_publish(const Store& store, const Draft& draft, const std::string& blob,
                                         const LayerDigests& expected, const std::stop_token& stop) {
  Result<UnpackedLayer> layer = unpack_layer(blob, draft.content(), expected, {}, stop);
  if (layer.ok()) {
    const Result<void> published = publish(store, draft, layer->digests.diff_id);
    if (!published.ok()) layer = published.error();
  }
  const Result<void> removed = remove_tree(draft.folder);
  if (layer.ok() && !removed.ok()) return removed.error();
  return layer;
}

}  // namespace

Result<UniqueFd> lock_folder(const std::string& folder, const std::stop_token& stop) {
  for (;;) {
    TRY(make_folders(folder, 0700));
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == ENOENT) continue;
    if (!fd) return os_error("open \"" + folder + "\"");
    while (!TRY(lock(fd.get(), Locking::exclusive, Waiting::no, folder))) {
      if (stop.stop_requested()) return os_error("wait for \"" + folder + "\"", ECANCELED);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (still_has_its_name(fd, folder)) return fd;
  }
}

Result<bool> add_layer(const Store& store, const std::string& blob, const LayerDigests& digests, Proof proof,
                       const std::stop_token& stop) {
  const std::string final = store.layer_path(digests.diff_id);
  if (!is_folder(final)) {
    const Draft draft = TRY(begin_draft(store, hex_of(digests.diff_id), stop));
    if (!is_folder(final)) {
      TRY(unpack_and_publish(store, draft, blob, digests, stop));
      return true;
    }
    TRY(remove_tree(draft.folder));  // another process has been faster
  }
  if (proof == Proof::none) TRY(check(blob, digests, stop));
  return false;
}

Result<UnpackedLayer> add_unknown_layer(const Store& store, const std::string& blob,
                                        const std::stop_token& stop) {
  const std::string name = std::to_string(::getpid()) + "-" + hex_of(digest_of(blob)).substr(0, 12);
  return unpack_and_publish(store, TRY(begin_draft(store, name, stop)), blob, {}, stop);
}

}  // namespace stack
