#include "core/images/commit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "core/images/digest.h"
#include "core/images/gc.h"
#include "core/sys/files.h"

namespace stack {
namespace {

bool has_layers(const Store& store, const ImageConfig& config) {
  for (const std::string& layer : config.diff_ids)
    if (::access(store.layer_path(layer).c_str(), F_OK) != 0) return false;
  return true;
}

// skopeo has written them through to the disk (oci_dest.go, Sync); their names are not yet.
Result<void> keep_blob(const Store& store, const PullFolder& folder, const std::string& digest) {
  const std::string from = folder.blob_path(digest);
  const std::string to = store.blob_path(digest);
  if (::link(from.c_str(), to.c_str()) != 0 && errno != EEXIST)
    return os_error("keep \"" + from + "\" as \"" + to + "\"");
  return {};
}

Result<void> keep_blobs(const Store& store, const PullFolder& folder, const CompleteImage& image) {
  TRY(keep_blob(store, folder, image.manifest.config.digest));
  for (const Descriptor& layer : image.manifest.layers) TRY(keep_blob(store, folder, layer.digest));
  return replace_file(store.blob_path(digest_of(image.manifest_text)), image.manifest_text, 0600,
                      Durability::disk);
}

IndexEntry entry_of(const CompleteImage& image) {
  IndexEntry entry;
  entry.media_type = image.manifest.media_type;
  entry.manifest_size = image.manifest_text.size();
  entry.stamp = image.stamp;
  entry.image.name = image.name;
  entry.image.id = image.manifest.config.digest;
  entry.image.digest = image.served_digest;
  entry.image.manifest = digest_of(image.manifest_text);
  entry.image.platform =
      canonical_platform({image.config.os, image.config.architecture, image.config.variant});
  entry.image.wanted = image.wanted;
  entry.image.created = image.config.created;
  entry.image.pulled = ::time(nullptr);
  entry.image.size = image.manifest_text.size() + image.manifest.config.size;
  for (const Descriptor& layer : image.manifest.layers) entry.image.size += layer.size;
  return entry;
}

}  // namespace

Result<Commit> commit_image(const Store& store, PullFolder& folder, const CompleteImage& image,
                            StoredImage& stored) {
  const StoreLock lock = TRY(StoreLock::take(store.root()));
  if (!has_layers(store, image.config)) return Commit::layers_gone;
  TRY(keep_blobs(store, folder, image));
  std::vector<IndexEntry> entries = TRY(read_index(store.root()));
  const IndexEntry entry = entry_of(image);
  put_entry(entries, entry);
  TRY(write_index(store.root(), entries));
  stored = entry.image;
  TRY(folder.finish());
  TRY(clean_leftovers(store.root(), LeftoverAge::any_finished));
  return Commit::done;
}

}  // namespace stack
