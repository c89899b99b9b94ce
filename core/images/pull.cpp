#include "core/images/pull.h"

#include <cerrno>
#include <ctime>

#include "core/images/index.h"
#include "core/images/pulling.h"

namespace stack {
namespace {

enum class Look { no, yes };

struct Request {
  const Store& store;
  const ImageRef& ref;
  const PullOptions& options;
  ImageSource source;
  Platform platform;
};

Result<std::optional<IndexEntry>> entry_of(const Request& request) {
  const std::string wanted = canonical_platform(request.platform);
  for (IndexEntry& entry : TRY(read_index(request.store.root())))
    if (entry.image.name == request.source.name && entry.image.wanted == wanted)
      return std::optional<IndexEntry>(std::move(entry));
  return std::optional<IndexEntry>();
}

bool never_looks(const PullPolicy& policy) {
  return policy.kind == PullPolicy::Kind::never || policy.kind == PullPolicy::Kind::build;
}

bool is_older(const StoredImage& image, Nanoseconds age) {
  return std::chrono::seconds(::time(nullptr) - image.pulled) > age;
}

// Whether the source is to be asked although an entry is here.
Look look_again(const Request& request, const IndexEntry& entry) {
  const PullOptions& options = request.options;
  if (never_looks(options.policy)) return Look::no;
  if (options.force) return Look::yes;
  // What is on this machine is looked at when it has changed; if it is gone, what was made of it is not.
  if (request.source.registry.empty())
    return request.source.stamp.empty() || request.source.stamp == entry.stamp ? Look::no : Look::yes;
  switch (options.policy.kind) {
    case PullPolicy::Kind::always:
      return Look::yes;
    case PullPolicy::Kind::every:
      return is_older(entry.image, options.policy.age) ? Look::yes : Look::no;
    case PullPolicy::Kind::missing:
    case PullPolicy::Kind::never:
    case PullPolicy::Kind::build:
      break;
  }
  return Look::no;
}

// Layers that are gone come from the blobs again, without a network.
Result<void> restore_layers(const Request& request, const IndexEntry& entry) {
  const Manifest manifest = TRY(manifest_of(request.store, entry));
  const ImageConfig config = TRY(config_of(request.store, entry.image));
  if (manifest.layers.size() != config.diff_ids.size()) return fault("its manifest and its config differ");
  for (std::size_t i = 0; i < manifest.layers.size(); ++i)
    (void)TRY(add_layer(request.store, request.store.blob_path(manifest.layers[i].digest),
                        {manifest.layers[i].digest, config.diff_ids[i]}, Proof::known, request.options.stop));
  return {};
}

Result<PulledImage> pulled(const Request& request, const StoredImage& image, bool moved) {
  ResolvedImage resolved = TRY(request.store.resolve(image));
  PulledImage result;
  result.image = request.ref;
  result.image.id = std::move(resolved.image.id);
  result.image.layers = std::move(resolved.image.layers);
  result.config = std::move(resolved.config);
  result.moved = moved;
  const Platform has{result.config.os, result.config.architecture, result.config.variant};
  if (platform_distance(request.platform, has) < 0)
    result.note = "image \"" + request.source.name + "\" is for " + canonical_platform(has) +
                  ", this machine is " + canonical_platform(request.platform);
  return result;
}

// What is in the store already, if that will do.
Result<std::optional<PulledImage>> from_store(const Request& request) {
  const std::optional<IndexEntry> entry = TRY(entry_of(request));
  if (!entry || look_again(request, *entry) == Look::yes) return std::optional<PulledImage>();
  Result<PulledImage> image = pulled(request, entry->image, false);
  if (!image.ok()) {
    if (restore_layers(request, *entry).ok()) image = pulled(request, entry->image, false);
    if (!image.ok() && !never_looks(request.options.policy)) return std::optional<PulledImage>();
  }
  return std::optional<PulledImage>(TRY(std::move(image)));
}

Result<PulledImage> from_source(const Request& request) {
  std::optional<PulledImage> brought_by_another;
  Pulling pulling(request.store, request.source, request.platform, request.options);
  const auto outcome = TRY(pulling.run([&]() -> Result<bool> {
    brought_by_another = TRY(from_store(request));
    return !brought_by_another;
  }));
  if (brought_by_another) return std::move(*brought_by_another);
  return pulled(request, outcome->image, outcome->moved);
}

// A daily or weekly look that finds no network does not stop what would run with yesterday's image.
Result<PulledImage> despite(const Error& error, const Request& request) {
  const std::optional<IndexEntry> entry = TRY(entry_of(request));
  const bool may_be_old = request.options.policy.kind == PullPolicy::Kind::every && !request.options.force;
  if (!may_be_old || error.code != ENETUNREACH || !entry) return error;
  PulledImage image = TRY(pulled(request, entry->image, false));
  image.note = error.words + "; going on with the image that is here";
  return image;
}

}  // namespace

Result<PulledImage> pull(Store& store, const ImageRef& ref, const PullOptions& options) {
  const Request request{store, ref, options, TRY(source_of(ref)), TRY(parse_platform(options.platform))};
  if (std::optional<PulledImage> here = TRY(from_store(request))) return std::move(*here);
  if (never_looks(options.policy))
    return Error{ENOENT,
                 "image \"" + request.source.name + "\" is not here, and its pull_policy is \"" +
                     (options.policy.kind == PullPolicy::Kind::build ? "build\": stack build"
                                                                     : "never\": stack pull, or stack load") +
                     " brings it"};
  Result<PulledImage> image = from_source(request);
  return image.ok() ? std::move(image) : despite(image.error(), request);
}

}  // namespace stack
