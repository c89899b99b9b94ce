// The images of this machine: an OCI image layout with the layers unpacked beside it, each once. Whoever
// reads sees whole images only; changes are serialised by a lock file between processes and threads.
//
//   index.json, oci-layout, blobs/sha256/HEX   an image layout (manifests as they were served, never
//   converted) layers/HEX                                 an unpacked layer, by its diff id, in the form that
//   overlayfs takes pulls/HEX                                  a pull under way, or what a killed one has
//   brought so far lock                                       flock'ed while any of these changes hands
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/images/config.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

inline constexpr const char* kImageStore = "/var/lib/stack/.images";

struct StoredImage {
  std::string name;         // in full; empty: its name went to another image
  std::string id;           // digest of the config, "sha256:..."
  std::string digest;       // of what the registry served: an index or a manifest
  std::string manifest;     // digest of the manifest
  std::string platform;     // what it runs on, "linux/arm64/v8"
  std::string wanted;       // the platform that it was pulled for, "linux/arm64"
  std::string created;      // RFC 3339, by the image's own word
  std::uint64_t size = 0;   // bytes of its blobs
  std::int64_t pulled = 0;  // seconds since 1970
};

struct ResolvedImage {
  ImageRef image;  // with id and layers
  ImageConfig config;
};

// What a removal took away.
struct Removed {
  std::vector<StoredImage> images;  // entries of the index
  std::uint64_t bytes = 0;          // given back on the disk: blobs and unpacked layers
};

enum class PruneScope { nameless, unused };

class Store {
 public:
  // Nothing is made on the disk before the first change.
  explicit Store(std::string root = kImageStore) : root_(std::move(root)) {}
  [[nodiscard]] const std::string& root() const { return root_; }

  // Newest first.
  [[nodiscard]] Result<std::vector<StoredImage>> list() const;
  // By full name, id ("sha256:..." or its hex) or a prefix of the id's hex that is unique; an error says what
  // is here instead.
  [[nodiscard]] Result<StoredImage> find(const std::string& text) const;
  // The entry of that very name for that platform (see canonical_platform), if there is one.
  [[nodiscard]] Result<std::optional<StoredImage>> entry(const std::string& name,
                                                         const std::string& platform) const;
  // What a reference of a file stands for now; an error where it is not here whole.
  [[nodiscard]] Result<ResolvedImage> resolve(const ImageRef& ref, const std::string& platform = "") const;
  [[nodiscard]] Result<ResolvedImage> resolve(const StoredImage& image) const;
  // Where the layer with that diff id is or would be.
  [[nodiscard]] std::string layer_path(const std::string& diff_id) const;
  [[nodiscard]] std::string blob_path(const std::string& digest) const;
  // The path below root of the pull of that image.
  [[nodiscard]] std::string pull_path(const std::string& name, const std::string& platform) const;

  // One more name for the image that `text` finds; a name that another image had moves.
  Result<StoredImage> tag(const std::string& text, const std::string& name);
  // `in_use`: ids of images and diff ids of layers that stacks need; such an image loses its name only.
  // A text that is an id removes all names of that image.
  Result<Removed> remove(const std::string& text, const std::set<std::string>& in_use);
  // Images without a name, or all that no stack uses, and with them blobs and layers that nothing needs any
  // more.
  Result<Removed> prune(PruneScope scope, const std::set<std::string>& in_use);

 private:
  std::string root_;
};

// The name under which a reference is kept: "docker.io/library/redis:7"; "oci:/folder:tag" and the like for
// the others.
std::string store_name(const ImageRef& ref);

}  // namespace stack
