#include "core/images/bundle_images.h"

#include <unistd.h>

#include <cerrno>
#include <set>

#include "core/images/commit.h"
#include "core/images/gc.h"
#include "core/images/index.h"
#include "core/images/layer_workers.h"

namespace stack {
namespace {

struct Staged {
  CompleteImage image;
  std::vector<std::string> names;
};

std::vector<std::string> names_of(const BundledImage& image, const std::string& place) {
  std::vector<std::string> names{store_name(image.ref)};
  if (image.below.empty()) return names;
  ImageRef moved = image.ref;
  moved.path = place + "/" + image.below;
  names.push_back(store_name(moved));
  return names;
}

Result<void> check_platform(const BundledImage& image) {
  const std::string here = canonical_platform(TRY(parse_platform("")));
  if (image.own_platform || image.platform == here) return {};
  return fault("it is for " + image.platform + ", this machine is " + here);
}

class Bringing {
 public:
  Bringing(const Store& store, const PullFolder& folder, const Interrupted& interrupted)
      : store_(store), folder_(folder), interrupted_(interrupted) {}

  Result<void> run(const BundleManifest& manifest, const std::string& place) {
    for (const BundledImage& image : manifest.images)
      staged_.push_back(TRY(read(image, place).with("image \"" + store_name(image.ref) + "\"")));
    const Result<void> added = add();
    if (!added.ok()) forget_refused_layers(store_, unpacked_);
    return added;
  }

 private:
  Result<Staged> read(const BundledImage& image, const std::string& place) const {
    TRY(check_platform(image));
    Staged staged;
    CompleteImage& complete = staged.image;
    complete.manifest_text = TRY(read_blob(folder_.blob_path(image.manifest), image.manifest));
    complete.manifest = TRY(parse_manifest(complete.manifest_text));
    const std::string& config = complete.manifest.config.digest;
    complete.config = TRY(parse_image_config(TRY(read_blob(folder_.blob_path(config), config))));
    if (complete.config.diff_ids.size() != complete.manifest.layers.size())
      return fault("it has " + std::to_string(complete.manifest.layers.size()) +
                   " layers, but its config names " + std::to_string(complete.config.diff_ids.size()));
    for (const Descriptor& layer : complete.manifest.layers)
      if (!folder_.has(layer.digest)) return fault("its layer " + layer.digest + " is not in the bundle");
    complete.served_digest = image.served;
    complete.wanted = image.platform;
    staged.names = names_of(image, place);
    return staged;
  }

  Result<void> add() {
    TRY(unpack());
    for (const Staged& staged : staged_)
      for (const std::string& name : staged.names) TRY(commit(staged, name));
    return {};
  }

  Result<void> unpack() {
    LayerWorkers workers(store_, TRY(proven_layers(store_)));
    for (const Staged& staged : staged_) {
      const std::vector<Descriptor>& layers = staged.image.manifest.layers;
      for (std::size_t i = 0; i < layers.size(); ++i) {
        const LayerDigests digests{layers[i].digest, staged.image.config.diff_ids[i]};
        workers.add(folder_.blob_path(digests.blob), digests);
      }
    }
    const bool waited = workers.wait(interrupted_);
    const auto failure = workers.failure();
    unpacked_.merge(workers.end());
    if (!waited) return os_error("unpack its layers", EINTR);
    return failure ? Result<void>(failure->error) : Result<void>();
  }

  Result<void> commit(const Staged& staged, const std::string& name) {
    CompleteImage image = staged.image;
    image.name = name;
    constexpr int kTries = 3;
    for (int i = 0; i < kTries; ++i) {
      PullFolder own = TRY(PullFolder::open(store_, "bundle of " + name, image.wanted, {}));
      Result<Commit> committed = link_and_commit(own, image);
      if (!committed.ok()) (void)own.finish();
      if (TRY(std::move(committed)) == Commit::done) return {};
      TRY(own.finish());
      TRY(unpack());
    }
    return fault("image \"" + name + "\": its layers are removed again and again by somebody else");
  }

  Result<Commit> link_and_commit(PullFolder& own, const CompleteImage& image) const {
    TRY(link(own, image.manifest.config.digest));
    for (const Descriptor& layer : image.manifest.layers) TRY(link(own, layer.digest));
    StoredImage stored;
    return commit_image(store_, own, image, stored);
  }

  Result<void> link(const PullFolder& own, const std::string& digest) const {
    const std::string from = folder_.blob_path(digest);
    if (::link(from.c_str(), own.blob_path(digest).c_str()) != 0 && errno != EEXIST)
      return os_error("link \"" + from + "\"");
    return {};
  }

  const Store& store_;
  const PullFolder& folder_;
  const Interrupted& interrupted_;
  std::vector<Staged> staged_;
  std::set<std::string> unpacked_;  // diff ids
};

}  // namespace

Result<void> add_bundled_images(Store& store, const PullFolder& folder, const BundleManifest& manifest,
                                const std::string& place, const Interrupted& interrupted) {
  return Bringing(store, folder, interrupted).run(manifest, place);
}

}  // namespace stack
