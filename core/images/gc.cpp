#include "core/images/gc.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>

#include "core/images/digest.h"
#include "core/images/layers.h"
#include "core/sys/dir.h"
#include "core/sys/disk_usage.h"
#include "core/sys/files.h"
#include "core/sys/lock.h"

namespace stack {
namespace {

constexpr std::time_t kWeek = std::time_t{7} * 24 * 3600;
constexpr std::uint64_t kStatBlock = 512;  // stat(2), st_blocks

// On the disk. A blob that a pull has a name for as well counts by halves.
std::uint64_t bytes_of_file(const std::string& path) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) return 0;
  return static_cast<std::uint64_t>(st.st_blocks) * kStatBlock / std::max<std::uint64_t>(st.st_nlink, 1);
}

std::uint64_t bytes_of_layer(const std::string& folder) {
  auto fd = open_fd(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const LayerLimits limits;
  return fd ? disk_usage(*std::move(fd), {limits.entries, static_cast<int>(limits.depth)}).bytes : 0;
}

// The folder is the caller's while this is held; nothing where a process works in it (lock_folder).
UniqueFd claim(const std::string& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const auto locked = fd ? lock(fd.get(), Locking::exclusive, Waiting::no, folder) : Result<bool>(false);
  if (!locked || !*locked) fd.reset();
  return fd;
}

Result<void> remove_if_idle(const std::string& folder) {
  const UniqueFd claimed = claim(folder);
  return claimed ? remove_tree(folder) : Result<void>();
}

bool is_old(const std::string& folder) {
  struct stat st {};
  return ::stat(folder.c_str(), &st) == 0 && ::time(nullptr) - st.st_mtime > kWeek;
}

// Out of sight first: half a layer must never have its name.
Result<std::uint64_t> remove_layer(const std::string& layers, const std::string& hex) {
  const std::uint64_t bytes = bytes_of_layer(layers + "/" + hex);
  const std::string gone = layers + "/" + kRemovedLayer + hex;
  if (::rename((layers + "/" + hex).c_str(), gone.c_str()) != 0)
    return os_error("rename \"" + layers + "/" + hex + "\"");
  TRY(remove_tree(gone));
  return bytes;
}

struct Needed {
  std::set<std::string> blobs, layers;  // hex
};

Result<Needed> needed_by(const Store& store, const std::vector<IndexEntry>& entries,
                         const std::set<std::string>& in_use) {
  Needed needed;
  for (const std::string& digest : in_use) {
    needed.blobs.insert(hex_of(digest));
    needed.layers.insert(hex_of(digest));
  }
  for (const IndexEntry& entry : entries) {
    const std::string name =
        "image \"" + (entry.image.name.empty() ? entry.image.id : entry.image.name) + "\"";
    needed.blobs.insert(hex_of(entry.image.manifest));
    needed.blobs.insert(hex_of(entry.image.id));
    for (const Descriptor& layer : TRY(manifest_of(store, entry).with(name)).layers)
      needed.blobs.insert(hex_of(layer.digest));
    for (const std::string& layer : TRY(config_of(store, entry.image).with(name)).diff_ids)
      needed.layers.insert(hex_of(layer));
  }
  return needed;
}

Result<void> remove_unneeded_layers(const Store& store, const std::set<std::string>& layers) {
  const StoreLock lock = TRY(StoreLock::take(store.root()));
  const Needed needed = TRY(needed_by(store, TRY(read_index(store.root())), {}));
  for (const std::string& layer : layers) {
    const std::string hex = hex_of(layer);
    if (!needed.layers.contains(hex) && is_folder(store.layer_path(layer)))
      (void)TRY(remove_layer(store.root() + "/layers", hex));
  }
  return {};
}

}  // namespace

Result<void> clean_leftovers(const std::string& root, LeftoverAge age) {
  const std::string layers = root + "/layers";
  for (const std::string& name : TRY(names_if_there(layers)))
    if (name.starts_with(".")) TRY(remove_if_idle(layers + "/" + name));
  const std::string pulls = root + "/pulls";
  for (const std::string& name : TRY(names_if_there(pulls))) {
    const std::string pull = pulls + "/" + name;
    const bool finished = name.starts_with(".");
    const bool forgotten = age == LeftoverAge::a_week && is_old(pull);
    if (finished || forgotten) TRY(remove_if_idle(pull));
  }
  return {};
}

void forget_refused_layers(const Store& store, const std::set<std::string>& layers) {
  if (!layers.empty()) (void)remove_unneeded_layers(store, layers);
}

Result<std::uint64_t> sweep(const Store& store, const std::vector<IndexEntry>& entries,
                            const std::set<std::string>& in_use) {
  const Needed needed = TRY(needed_by(store, entries, in_use));
  std::uint64_t bytes = 0;
  const std::string layers = store.root() + "/layers";
  for (const std::string& name : TRY(names_if_there(layers)))
    if (!name.starts_with(".") && !needed.layers.contains(name)) bytes += TRY(remove_layer(layers, name));
  const std::string blobs = store.root() + "/blobs/sha256";
  for (const std::string& name : TRY(names_if_there(blobs))) {
    if (needed.blobs.contains(name)) continue;
    const std::string path = blobs + "/" + name;
    bytes += bytes_of_file(path);
    TRY(remove_tree(path));
  }
  return bytes;
}

}  // namespace stack
