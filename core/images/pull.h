// From a registry, a layout or an archive into the store, by skopeo: its credentials, mirrors, signature
// policy and TLS settings hold.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/images/blobs_under_way.h"
#include "core/images/store.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

enum class PullPhase { looking, copying, unpacking, done };

struct LayerProgress {
  std::string digest;
  std::uint64_t bytes = 0;
  std::uint64_t total = 0;
};

struct PullProgress {
  PullPhase phase = PullPhase::looking;
  std::vector<LayerProgress> layers;  // none before it is known which; those that are here already are full
};

struct PullOptions {
  PullPolicy policy;
  std::string platform;                               // empty: this machine's
  std::function<void(const PullProgress&)> progress;  // called by the thread that pulls, some times a second
  std::stop_token stop;                               // ends the pull; what has come is kept for the next one
  BlobsUnderWay* under_way = nullptr;                 // shared by pulls of this process that run side by side
  bool force = false;  // look at the source, whatever the policy says but `never` (`stack pull`)
};

struct PulledImage {
  ImageRef image;  // with id and layers
  ImageConfig config;
  bool moved = false;  // whether anything was brought
  std::string note;    // what the user should know though it went well
};

// `build` is taken as `never`: who builds has built before.
Result<PulledImage> pull(Store& store, const ImageRef& ref, const PullOptions& options);

// Images of a docker-archive or an OCI archive (`docker save`, `podman save`, `skopeo copy`), compressed or
// not. An image that has no name in it is kept by its id only.
Result<std::vector<StoredImage>> load(Store& store, const std::string& file, const PullOptions& options);
// A root file system, as a tar (compressed or not) or a folder, as an image of one layer; `name` in full.
Result<StoredImage> import_rootfs(Store& store, const std::string& tar_or_folder, const std::string& name);

}  // namespace stack
