#include "core/images/store.h"

#include <algorithm>

#include "core/images/digest.h"
#include "core/images/gc.h"
#include "core/images/index.h"
#include "core/images/platform.h"
#include "core/sys/dir.h"
#include "specs/text.h"

namespace stack {
namespace {

// Whether `text` means the image by its id; a prefix is a dozen digits in most commands.
bool means_id(const std::string& text, const StoredImage& image) {
  const std::string hex = hex_of(text);
  constexpr std::size_t kLeast = 4;
  return hex.size() >= kLeast && is_hex(hex) && hex_of(image.id).starts_with(hex);
}

// overlayfs refuses the same folder twice; the upper one gives and hides all that the lower one does.
std::vector<std::string> without_repeats(const std::vector<std::string>& layers) {
  std::vector<std::string> kept;
  for (auto layer = layers.begin(); layer != layers.end(); ++layer)
    if (std::find(layer + 1, layers.end(), *layer) == layers.end()) kept.push_back(*layer);
  return kept;
}

std::string names_of(const std::vector<StoredImage>& images) {
  std::vector<std::string> names;
  for (const StoredImage& image : images)
    names.push_back(image.name.empty() ? image.id.substr(0, 19) : image.name);
  return names.empty() ? "none" : joined(names, ", ");
}

// The same image under several names is one.
std::set<std::string> ids_of(const std::vector<StoredImage>& images) {
  std::set<std::string> ids;
  for (const StoredImage& image : images) ids.insert(image.id);
  return ids;
}

std::vector<StoredImage> matches(const std::vector<StoredImage>& images, const std::string& text) {
  std::vector<StoredImage> found;
  for (const StoredImage& image : images)
    if (image.name == text) found.push_back(image);
  if (!found.empty()) return found;
  for (const StoredImage& image : images)
    if (means_id(text, image)) found.push_back(image);
  return found;
}

}  // namespace

std::string store_name(const ImageRef& ref) {
  const std::string tag = ref.name.empty() ? "" : ":" + ref.name;
  switch (ref.kind) {
    case ImageRef::Kind::oci:
      return "oci:" + ref.path + tag;
    case ImageRef::Kind::oci_archive:
      return "oci-archive:" + ref.path + tag;
    case ImageRef::Kind::docker_archive:
      return "docker-archive:" + ref.path + tag;
    case ImageRef::Kind::registry:
    case ImageRef::Kind::host:
    case ImageRef::Kind::rootfs:
      break;
  }
  return ref.name;
}

std::string Store::layer_path(const std::string& diff_id) const {
  return root_ + "/layers/" + hex_of(diff_id);
}

std::string Store::blob_path(const std::string& digest) const {
  return root_ + "/blobs/sha256/" + hex_of(digest);
}

std::string Store::pull_path(const std::string& name, const std::string& platform) const {
  return root_ + "/pulls/" + hex_of(digest_of(name + "\n" + platform));
}

Result<std::vector<StoredImage>> Store::list() const {
  std::vector<StoredImage> images;
  for (IndexEntry& entry : TRY(read_index(root_))) images.push_back(std::move(entry.image));
  std::stable_sort(images.begin(), images.end(),
                   [](const StoredImage& a, const StoredImage& b) { return a.pulled > b.pulled; });
  return images;
}

Result<StoredImage> Store::find(const std::string& text) const {
  const std::vector<StoredImage> images = TRY(list());
  const std::vector<StoredImage> found = matches(images, text);
  if (found.empty()) return fault("image \"" + text + "\" is not here; there are: " + names_of(images));
  if (ids_of(found).size() == 1) return found.front();
  const std::string wanted = canonical_platform(TRY(parse_platform("")));
  for (const StoredImage& image : found)
    if (image.name == text && image.wanted == wanted) return image;
  return fault("image \"" + text + "\" may be any of: " + names_of(found));
}

Result<std::optional<StoredImage>> Store::entry(const std::string& name, const std::string& platform) const {
  const std::string wanted = canonical_platform(TRY(parse_platform(platform)));
  for (IndexEntry& entry : TRY(read_index(root_)))
    if (entry.image.name == name && entry.image.wanted == wanted)
      return std::optional<StoredImage>(entry.image);
  return std::optional<StoredImage>();
}

Result<ResolvedImage> Store::resolve(const ImageRef& ref, const std::string& platform) const {
  const std::string name = store_name(ref);
  const std::optional<StoredImage> image = TRY(entry(name, platform));
  if (!image) return fault("image \"" + name + "\" is not here");
  ResolvedImage resolved = TRY(resolve(*image));
  ImageRef with_id = ref;
  with_id.id = std::move(resolved.image.id);
  with_id.layers = std::move(resolved.image.layers);
  resolved.image = std::move(with_id);
  return resolved;
}

Result<ResolvedImage> Store::resolve(const StoredImage& image) const {
  ResolvedImage resolved;
  resolved.config = TRY(config_of(*this, image).with("image \"" + image.name + "\""));
  resolved.image.kind = ImageRef::Kind::registry;
  resolved.image.name = image.name;
  resolved.image.id = image.id;
  resolved.image.layers = without_repeats(resolved.config.diff_ids);
  for (const std::string& layer : resolved.image.layers)
    if (!is_folder(layer_path(layer)))
      return fault("image \"" + image.name + "\": its layer " + layer + " is gone from \"" + root_ +
                   "\"; `stack pull` brings it back");
  return resolved;
}

Result<StoredImage> Store::tag(const std::string& text, const std::string& name) {
  const StoredImage image = TRY(find(text));
  const StoreLock lock = TRY(StoreLock::take(root_));
  std::vector<IndexEntry> entries = TRY(read_index(root_));
  for (const IndexEntry& entry : entries) {
    if (entry.image.id != image.id || entry.image.wanted != image.wanted) continue;
    IndexEntry named = entry;
    named.image.name = name;
    named.stamp.clear();
    put_entry(entries, named);
    TRY(write_index(root_, entries));
    return named.image;
  }
  return fault("image \"" + text + "\" has just been removed");
}

Result<Removed> Store::remove(const std::string& text, const std::set<std::string>& in_use) {
  (void)TRY(find(text));
  const StoreLock lock = TRY(StoreLock::take(root_));
  const std::vector<IndexEntry> before = TRY(read_index(root_));
  Removed removed;
  std::vector<IndexEntry> kept;
  for (IndexEntry entry : before) {
    if (entry.image.name != text && !means_id(text, entry.image)) {
      kept.push_back(std::move(entry));
      continue;
    }
    removed.images.push_back(entry.image);
    if (!in_use.contains(entry.image.id)) continue;
    // Under no name, so that its layers stay with the containers that run on them.
    entry.image.name.clear();
    put_entry(kept, std::move(entry));
  }
  TRY(write_index(root_, kept));
  removed.bytes = TRY(sweep(*this, kept, in_use));
  return removed;
}

Result<Removed> Store::prune(PruneScope scope, const std::set<std::string>& in_use) {
  const StoreLock lock = TRY(StoreLock::take(root_));
  Removed removed;
  std::vector<IndexEntry> kept;
  for (IndexEntry& entry : TRY(read_index(root_))) {
    const bool wanted = scope == PruneScope::nameless && !entry.image.name.empty();
    if (wanted || in_use.contains(entry.image.id))
      kept.push_back(std::move(entry));
    else
      removed.images.push_back(std::move(entry.image));
  }
  TRY(write_index(root_, kept));
  TRY(clean_leftovers(root_, LeftoverAge::a_week));
  removed.bytes = TRY(sweep(*this, kept, in_use));
  return removed;
}

}  // namespace stack
