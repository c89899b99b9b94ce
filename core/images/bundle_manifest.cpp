#include "core/images/bundle_manifest.h"

#include <algorithm>

#include "core/images/digest.h"
#include "core/images/json.h"
#include "core/images/platform.h"
#include "specs/discovery.h"
#include "specs/image_reference.h"
#include "specs/text.h"

namespace stack {
namespace {

using json::Value;

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kLongestPath = 1024;
constexpr std::ptrdiff_t kDeepest = 64;

struct Transport {
  const char* word;
  ImageRef::Kind kind;
};
constexpr Transport kTransports[] = {{"docker", ImageRef::Kind::registry},
                                     {"oci", ImageRef::Kind::oci},
                                     {"oci-archive", ImageRef::Kind::oci_archive},
                                     {"docker-archive", ImageRef::Kind::docker_archive}};

Value image_json(const BundledImage& image) {
  Value value{{"platform", image.platform},
              {"own_platform", image.own_platform ? 1 : 0},
              {"manifest", image.manifest},
              {"served", image.served},
              {"name", image.ref.name}};
  for (const Transport& one : kTransports)
    if (one.kind == image.ref.kind) value["transport"] = one.word;
  if (!image.ref.path.empty()) value["path"] = image.ref.path;
  if (!image.below.empty()) value["below"] = image.below;
  return value;
}

// Relative, in one form, and downwards.
bool is_below(const std::string& path) {
  if (path.empty() || path.size() > kLongestPath || std::count(path.begin(), path.end(), '/') > kDeepest)
    return false;
  const std::vector<std::string_view> parts = split_views(path, '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

Error leads_out(const std::string& path) {
  return fault("\"" + path + "\" in it is no path below the bundle's folder");
}

Result<void> check_name(const std::string& name, const BundleEntry& entry) {
  if (name == "index.json" || name == "oci-layout") return {};
  const std::string blobs = kBundledBlobs;
  if (name.starts_with(blobs)) {
    if (entry.digest == "sha256:" + name.substr(blobs.size())) return {};
    return fault("\"" + name + "\" in it has another digest than its name says");
  }
  if (!name.starts_with(kBundledStack) || !is_below(name)) return leads_out(name);
  if (entry.size > kLargestStackFile) return fault("\"" + name + "\" in it is larger than a stack's file is");
  return {};
}

Result<std::map<std::string, BundleEntry>> read_entries(const Value& root) {
  std::map<std::string, BundleEntry> entries;
  for (const Value& one : TRY(json::array(root, "entries"))) {
    const std::string name = TRY(json::text(one, "name"));
    const auto size = TRY(json::number(one, "size"));
    if (!size || *size < 0) return fault("\"" + name + "\" in it has no size");
    const BundleEntry entry{static_cast<std::uint64_t>(*size), TRY(json::text(one, "digest"))};
    if (!is_digest(entry.digest)) return fault("\"" + name + "\" in it has no digest");
    TRY(check_name(name, entry));
    if (!entries.emplace(name, entry).second) return fault("\"" + name + "\" is in it twice");
  }
  return entries;
}

Result<ImageRef> read_ref(const Value& value) {
  const std::string transport = TRY(json::text(value, "transport"));
  const auto* known = std::find_if(std::begin(kTransports), std::end(kTransports),
                                   [&](const Transport& one) { return one.word == transport; });
  if (known == std::end(kTransports)) return fault("\"" + transport + "\" in it is no source of an image");
  ImageRef ref;
  ref.kind = known->kind;
  ref.name = TRY(json::text(value, "name"));
  ref.path = TRY(json::text(value, "path"));
  if (ref.kind != ImageRef::Kind::registry) {
    if (!ref.path.starts_with('/')) return fault("an image in it has no absolute path");
    return ref;
  }
  const Result<ImageRef> named = parse_image(ref.name, "/");
  if (!named.ok() || named->kind != ImageRef::Kind::registry || named->name != ref.name)
    return fault("\"" + ref.name + "\" in it is no name of an image");
  return ref;
}

Result<std::vector<BundledImage>> read_images(const Value& root,
                                              const std::map<std::string, BundleEntry>& entries) {
  std::vector<BundledImage> images;
  for (const Value& one : TRY(json::array(root, "images"))) {
    BundledImage image;
    image.ref = TRY(read_ref(one));
    image.below = TRY(json::text(one, "below"));
    image.platform = canonical_platform(TRY(parse_platform(TRY(json::text(one, "platform")))));
    image.own_platform = TRY(json::number(one, "own_platform")).value_or(0) != 0;
    image.manifest = TRY(json::text(one, "manifest"));
    image.served = TRY(json::text(one, "served"));
    if (!image.below.empty() && !is_below(image.below)) return leads_out(image.below);
    if (!is_digest(image.manifest) || !is_digest(image.served)) return fault("an image in it has no digest");
    if (!entries.contains(kBundledBlobs + hex_of(image.manifest)))
      return fault("the manifest " + image.manifest + " is not in it");
    images.push_back(std::move(image));
  }
  return images;
}

Result<std::vector<std::string>> read_paths(const Value& root, const char* key,
                                            const std::map<std::string, BundleEntry>& entries) {
  std::vector<std::string> paths = TRY(json::texts(root, key));
  for (const std::string& path : paths) {
    if (!is_below(path)) return leads_out(path);
    if (!entries.contains(kBundledStack + path)) return fault("the file \"" + path + "\" is not in it");
  }
  return paths;
}

Result<BundleManifest> read_root(const Value& root) {
  const auto format = TRY(json::number(root, "format"));
  if (!format || *format != kFormat)
    return fault("its format is " + (format ? std::to_string(*format) : "none") + ", this program reads " +
                 std::to_string(kFormat) + ": it is of another version of stack");
  BundleManifest manifest;
  manifest.project = TRY(json::text(root, "project"));
  if (!is_project_name(manifest.project))
    return fault("\"" + manifest.project + "\" in it is no project name");
  manifest.directory = TRY(json::text(root, "directory"));
  if (manifest.directory != "." && !is_below(manifest.directory)) return leads_out(manifest.directory);
  manifest.entries = TRY(read_entries(root));
  manifest.files = TRY(read_paths(root, "files", manifest.entries));
  if (manifest.files.empty()) return fault("there is no stack file in it");
  manifest.env_files = TRY(read_paths(root, "env_files", manifest.entries));
  manifest.images = TRY(read_images(root, manifest.entries));
  return manifest;
}

}  // namespace

std::string to_text(const BundleManifest& manifest) {
  Value images = Value::array();
  for (const BundledImage& image : manifest.images) images.push_back(image_json(image));
  Value entries = Value::array();
  for (const auto& [name, entry] : manifest.entries)
    entries.push_back({{"name", name}, {"size", entry.size}, {"digest", entry.digest}});
  const Value root{
      {"format", kFormat},       {"project", manifest.project},     {"directory", manifest.directory},
      {"files", manifest.files}, {"env_files", manifest.env_files}, {"images", images},
      {"entries", entries}};
  return root.dump(1) + "\n";
}

Result<BundleManifest> parse_bundle_manifest(std::string_view text) {
  const std::string what = kBundleManifest;
  return read_root(TRY(json::parse_object(text, what))).with(what);
}

}  // namespace stack
