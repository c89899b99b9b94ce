#include "core/images/index.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "core/images/digest.h"
#include "core/images/json.h"
#include "core/sys/files.h"
#include "core/sys/lock.h"

namespace stack {
namespace {

using json::Value;

constexpr const char* kName = "org.opencontainers.image.ref.name";

Result<IndexEntry> entry_from(const Value& descriptor) {
  IndexEntry entry;
  StoredImage& image = entry.image;
  entry.media_type = TRY(json::text(descriptor, "mediaType"));
  image.manifest = TRY(json::text(descriptor, "digest"));
  entry.manifest_size = static_cast<std::uint64_t>(TRY(json::number(descriptor, "size")).value_or(0));
  const Value notes = TRY(json::object(descriptor, "annotations"));
  image.name = TRY(json::text(notes, kName));
  image.id = TRY(json::text(notes, "dev.stack.id"));
  image.digest = TRY(json::text(notes, "dev.stack.digest"));
  image.platform = TRY(json::text(notes, "dev.stack.platform"));
  image.wanted = TRY(json::text(notes, "dev.stack.wanted"));
  image.created = TRY(json::text(notes, "dev.stack.created"));
  image.size = std::strtoull(TRY(json::text(notes, "dev.stack.size")).c_str(), nullptr, 10);
  image.pulled = std::strtoll(TRY(json::text(notes, "dev.stack.pulled")).c_str(), nullptr, 10);
  entry.stamp = TRY(json::text(notes, "dev.stack.stamp"));
  if (!is_digest(image.manifest) || !is_digest(image.id)) return fault("an entry without digests");
  return entry;
}

Value to_json(const IndexEntry& entry) {
  const StoredImage& image = entry.image;
  const Platform platform =
      parse_platform(image.platform).ok() ? *parse_platform(image.platform) : Platform{};
  Value notes{{"dev.stack.id", image.id},
              {"dev.stack.digest", image.digest},
              {"dev.stack.platform", image.platform},
              {"dev.stack.wanted", image.wanted},
              {"dev.stack.created", image.created},
              {"dev.stack.size", std::to_string(image.size)},
              {"dev.stack.pulled", std::to_string(image.pulled)}};
  if (!image.name.empty()) notes[kName] = image.name;
  if (!entry.stamp.empty()) notes["dev.stack.stamp"] = entry.stamp;
  Value descriptor{{"mediaType", entry.media_type},
                   {"digest", image.manifest},
                   {"size", entry.manifest_size},
                   {"platform", {{"os", platform.os}, {"architecture", platform.architecture}}},
                   {"annotations", notes}};
  if (!platform.variant.empty()) descriptor["platform"]["variant"] = platform.variant;
  return descriptor;
}

std::string index_path(const std::string& root) {
  return root + "/index.json";
}

bool same_image(const IndexEntry& a, const IndexEntry& b) {
  return a.image.manifest == b.image.manifest && a.image.wanted == b.image.wanted;
}

}  // namespace

Result<StoreLock> StoreLock::take(const std::string& root) {
  TRY(make_folders(root, 0700));
  UniqueFd fd = TRY(open_fd(root + "/lock", O_RDWR | O_CREAT, 0600));
  TRY(lock(fd.get(), Locking::exclusive, Waiting::yes, root));
  for (const char* folder : {"/blobs/sha256", "/layers", "/pulls"}) TRY(make_folders(root + folder, 0700));
  return StoreLock(std::move(fd));
}

Result<std::vector<IndexEntry>> read_index(const std::string& root) {
  std::vector<IndexEntry> entries;
  const Result<std::string> text = read_file(index_path(root));
  if (!text.ok() && text.error().code == ENOENT) return entries;
  if (!text.ok()) return text.error();
  const Value index = TRY(json::parse_object(*text, "\"" + index_path(root) + "\""));
  for (const Value& one : TRY(json::array(index, "manifests")))
    entries.push_back(TRY(entry_from(one).with("\"" + index_path(root) + "\"")));
  return entries;
}

Result<void> write_index(const std::string& root, const std::vector<IndexEntry>& entries) {
  Value manifests = Value::array();
  for (const IndexEntry& entry : entries) manifests.push_back(to_json(entry));
  const Value index{{"schemaVersion", 2},
                    {"mediaType", "application/vnd.oci.image.index.v1+json"},
                    {"manifests", manifests}};
  if (::access((root + "/oci-layout").c_str(), F_OK) != 0)
    TRY(replace_file(root + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})", 0600, Durability::disk));
  return replace_file(index_path(root), index.dump(), 0600, Durability::disk);
}

void put_entry(std::vector<IndexEntry>& entries, IndexEntry entry) {
  for (IndexEntry& other : entries)
    if (other.image.name == entry.image.name && other.image.wanted == entry.image.wanted)
      other.image.name.clear();
  entries.push_back(std::move(entry));
  // An image needs an entry without a name only while it has none with one.
  std::vector<IndexEntry> kept;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bool elsewhere = false;
    for (std::size_t k = 0; k < entries.size(); ++k)
      if (k != i && same_image(entries[i], entries[k]) && (!entries[k].image.name.empty() || k > i))
        elsewhere = true;
    if (!entries[i].image.name.empty() || !elsewhere) kept.push_back(entries[i]);
  }
  entries = std::move(kept);
}

Result<std::string> read_blob(const std::string& path, const std::string& digest) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return os_error("read \"" + path + "\"");
  if (static_cast<std::uint64_t>(st.st_size) > json::kMostBytes)
    return fault("\"" + path + "\" has more than " + std::to_string(json::kMostBytes) + " bytes");
  std::string bytes = TRY(read_file(path));
  if (digest_of(bytes) != digest)
    return Error{EBADMSG, "\"" + path + "\" has the digest " + digest_of(bytes) + ", not " + digest};
  return bytes;
}

Result<Manifest> manifest_of(const Store& store, const IndexEntry& entry) {
  return parse_manifest(TRY(read_blob(store.blob_path(entry.image.manifest), entry.image.manifest)));
}

Result<ImageConfig> config_of(const Store& store, const StoredImage& image) {
  return parse_image_config(TRY(read_blob(store.blob_path(image.id), image.id)));
}

}  // namespace stack
