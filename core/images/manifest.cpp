#include "core/images/manifest.h"

#include "core/images/digest.h"
#include "core/images/json.h"
#include "specs/text.h"

namespace stack {
namespace {

constexpr const char* kOciManifest = "application/vnd.oci.image.manifest.v1+json";

Result<Descriptor> read_descriptor(const json::Value& value) {
  Descriptor descriptor;
  descriptor.media_type = TRY(json::text(value, "mediaType"));
  descriptor.digest = TRY(json::text(value, "digest"));
  if (!is_digest(descriptor.digest)) return fault("a digest of it is no SHA-256 digest");
  const auto size = TRY(json::number(value, "size"));
  if (!size || *size < 0) return fault("a size of it is none");
  descriptor.size = static_cast<std::uint64_t>(*size);
  return descriptor;
}

Result<Manifest> read_manifest(const json::Value& value) {
  Manifest manifest;
  manifest.media_type = TRY(json::text(value, "mediaType"));
  if (manifest.media_type.empty()) manifest.media_type = kOciManifest;  // optional there
  manifest.config = TRY(read_descriptor(TRY(json::object(value, "config"))));
  for (const json::Value& layer : TRY(json::array(value, "layers"))) {
    manifest.layers.push_back(TRY(read_descriptor(layer)));
    if (manifest.layers.back().media_type.find("encrypted") != std::string::npos)
      return fault("its layers are encrypted, which is not supported");
  }
  return manifest;
}

Result<IndexedManifest> read_indexed(const json::Value& value) {
  IndexedManifest one;
  one.descriptor = TRY(read_descriptor(value));
  const json::Value platform = TRY(json::object(value, "platform"));
  one.platform = {TRY(json::text(platform, "os")), TRY(json::text(platform, "architecture")),
                  TRY(json::text(platform, "variant"))};
  return one;
}

Result<ServedImage> read_served(const json::Value& value) {
  ServedImage served;
  if (value.contains("manifests")) {
    served.index.emplace();
    for (const json::Value& one : TRY(json::array(value, "manifests")))
      served.index->manifests.push_back(TRY(read_indexed(one)));
    return served;
  }
  if (value.contains("fsLayers"))
    return fault(
        "it is of Docker's schema 1, which registries gave up in 2019; push it again with a newer tool");
  served.manifest = TRY(read_manifest(value));
  return served;
}

}  // namespace

Result<ServedImage> parse_served(std::string_view text) {
  return read_served(TRY(json::parse_object(text, "the manifest"))).with("the manifest");
}

Result<Manifest> parse_manifest(std::string_view text) {
  return read_manifest(TRY(json::parse_object(text, "the manifest"))).with("the manifest");
}

Result<IndexedManifest> choose_manifest(const ImageIndex& index, const Platform& wanted) {
  const IndexedManifest* best = nullptr;
  int least = 0;
  std::vector<std::string> there;
  for (const IndexedManifest& one : index.manifests) {
    if (one.platform.os == "unknown") continue;  // buildkit's attestations
    const int distance = platform_distance(wanted, one.platform);
    if (distance >= 0 && (best == nullptr || distance < least)) {
      best = &one;
      least = distance;
    }
    there.push_back(canonical_platform(one.platform));
  }
  if (best == nullptr)
    return fault("there is none for " + canonical_platform(wanted) + "; there are " +
                 (there.empty() ? "none" : joined(there, ", ")));
  return *best;
}

}  // namespace stack
