// Manifests and indexes, of OCI and of Docker: which blobs make an image. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/images/platform.h"
#include "specs/result.h"

namespace stack {

struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size = 0;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  // lowest first
};

struct IndexedManifest {
  Descriptor descriptor;
  Platform platform;
};

struct ImageIndex {
  std::vector<IndexedManifest> manifests;
};

// What a registry serves under a name is the one or the other.
struct ServedImage {
  std::optional<Manifest> manifest;
  std::optional<ImageIndex> index;
};

Result<ServedImage> parse_served(std::string_view json);
Result<Manifest> parse_manifest(std::string_view json);
// The manifest for that platform; an error lists those that there are.
Result<IndexedManifest> choose_manifest(const ImageIndex& index, const Platform& wanted);

}  // namespace stack
