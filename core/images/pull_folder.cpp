#include "core/images/pull_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "core/images/digest.h"
#include "core/images/index.h"
#include "core/images/json.h"
#include "core/images/layers.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack {
namespace {

// containers/image, oci/layout/oci_dest.go, PutBlob.
constexpr const char* kGrowing = "oci-put-blob";

std::map<std::string, std::uint64_t> growing_files(const std::string& folder) {
  std::map<std::string, std::uint64_t> files;
  const Dir dir(::opendir(folder.c_str()));
  if (!dir) return files;
  while (const dirent* entry = ::readdir(dir.get())) {
    struct stat st {};
    if (!std::string_view(entry->d_name).starts_with(kGrowing)) continue;
    if (::fstatat(::dirfd(dir.get()), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
    files[entry->d_name] = static_cast<std::uint64_t>(st.st_size);
  }
  return files;
}

}  // namespace

Result<PullFolder> PullFolder::open(const Store& store, const std::string& name, const std::string& platform,
                                    const std::stop_token& stop) {
  { const StoreLock lock = TRY(StoreLock::take(store.root())); }  // makes the folders
  std::string path = store.pull_path(name, platform);
  UniqueFd lock = TRY(lock_folder(path, stop));
  TRY(make_folders(path + "/blobs/sha256", 0700));
  return PullFolder(std::move(path), std::move(lock));
}

std::string PullFolder::blob_path(const std::string& digest) const {
  return path_ + "/blobs/sha256/" + hex_of(digest);
}

bool PullFolder::has(const std::string& digest) const {
  return ::access(blob_path(digest).c_str(), F_OK) == 0;
}

Result<void> PullFolder::tidy() const {
  for (const auto& [name, size] : growing_files(path_)) TRY(remove_tree(path_ + "/" + name));
  return remove_tree(path_ + "/index.json");
}

void PullFolder::link_from(const Store& store, const std::string& digest) const {
  // Where it fails the blob is brought once more.
  (void)::link(store.blob_path(digest).c_str(), blob_path(digest).c_str());
}

Result<std::string> PullFolder::copied_manifest() const {
  const json::Value index =
      TRY(json::parse_object(TRY(read_file(path_ + "/index.json")), "\"" + path_ + "/index.json\""));
  const json::Value manifests = TRY(json::array(index, "manifests"));
  if (manifests.size() != 1) return fault("\"" + path_ + "/index.json\" has not one manifest");
  std::string digest = TRY(json::text(manifests[0], "digest"));
  if (!is_digest(digest)) return fault("\"" + path_ + "/index.json\" has no digest");
  return digest;
}

// skopeo does not say which blob a growing file will be. It begins with the lower ones, so the oldest guess
// stands until the blob is there under its name.
std::vector<LayerProgress> PullFolder::measure(const std::vector<Descriptor>& layers) {
  const std::map<std::string, std::uint64_t> files = growing_files(path_);
  std::erase_if(growing_,
                [&](const auto& guess) { return !files.contains(guess.first) || has(guess.second); });
  std::set<std::string> taken;
  for (const auto& [name, digest] : growing_) taken.insert(digest);
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& file : files) {
    const std::string& name = file.first;
    const std::uint64_t size = file.second;
    if (!growing_.contains(name)) {
      const auto next = std::find_if(layers.begin(), layers.end(), [&](const Descriptor& layer) {
        return !has(layer.digest) && !taken.contains(layer.digest) && layer.size >= size;
      });
      if (next == layers.end()) continue;
      growing_[name] = next->digest;
      taken.insert(next->digest);
    }
    bytes[growing_[name]] = size;
  }
  std::vector<LayerProgress> progress;
  for (const Descriptor& layer : layers) {
    const std::uint64_t come = has(layer.digest) ? layer.size : std::min(bytes[layer.digest], layer.size);
    progress.push_back({layer.digest, come, layer.size});
  }
  return progress;
}

void PullFolder::discard(const Store& store, const std::string& digest) const {
  struct stat here {};
  struct stat there {};
  const std::string stored = store.blob_path(digest);
  const bool linked = ::stat(blob_path(digest).c_str(), &here) == 0 && ::stat(stored.c_str(), &there) == 0 &&
                      here.st_ino == there.st_ino;
  (void)::unlink(blob_path(digest).c_str());
  if (linked) (void)::unlink(stored.c_str());
}

void PullFolder::drop_if_empty() const {
  for (const char* folder : {"/blobs/sha256", "/blobs", ""})
    if (::rmdir((path_ + folder).c_str()) != 0) return;
}

Result<void> PullFolder::finish() {
  const auto slash = path_.rfind('/');
  const std::string done = path_.substr(0, slash) + "/.done-" + path_.substr(slash + 1);
  TRY(remove_tree(done));
  if (::rename(path_.c_str(), done.c_str()) != 0) return os_error("rename \"" + path_ + "\"");
  return remove_tree(done);
}

}  // namespace stack
