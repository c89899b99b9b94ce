#include "core/images/pulling.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "core/images/digest.h"
#include "core/images/gc.h"
#include "core/images/index.h"

namespace stack {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};

Error stopped_error(const std::string& name) {
  return os_error("pull \"" + name + "\"", ECANCELED);
}

}  // namespace

Pulling::Pulling(const Store& store, ImageSource source, Platform platform, const PullOptions& options)
    : store_(store), source_(std::move(source)), platform_(std::move(platform)), options_(options) {
  image_.name = source_.name;
  image_.stamp = source_.stamp;
  image_.wanted = canonical_platform(platform_);
}

namespace {

// And not this machine's, which may have got over it by the next time, or the user's, who has ended it.
bool is_the_images_fault(const Error& error) {
  constexpr int kPassing[] = {ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE, ENOMEM, EINTR, ECANCELED};
  return std::find(std::begin(kPassing), std::end(kPassing), error.code) == std::end(kPassing);
}

}  // namespace

Result<std::optional<Pulling::Outcome>> Pulling::run(const StillWanted& still_wanted) {
  PullFolder folder = TRY(PullFolder::open(store_, source_.skopeo, image_.wanted, options_.stop));
  const std::string plain_archive = folder.path() + "/archive.tar";
  Result<std::optional<Outcome>> outcome = run_in(folder, plain_archive, still_wanted);
  (void)::unlink(plain_archive.c_str());
  // What was brought whole and refused is not brought better by the next try.
  const bool whole = brought_ || (!outcome.ok() && outcome.error().code == EBADMSG);
  if (whole && !outcome.ok() && is_the_images_fault(outcome.error())) {
    (void)folder.finish();
    forget_refused_layers(store_, unpacked_);
  }
  folder.drop_if_empty();
  return outcome;
}

Result<std::optional<Pulling::Outcome>> Pulling::run_in(PullFolder& folder, const std::string& plain_archive,
                                                        const StillWanted& still_wanted) {
  if (!TRY(still_wanted())) return std::optional<Outcome>();
  tell(PullPhase::looking, folder);
  TRY(decompress_archive(source_, plain_archive, options_.stop));
  std::string served = TRY(look());
  if (const auto same = TRY(unchanged())) return std::optional<Outcome>(Outcome{*same, false});
  TRY(learn_manifest(std::move(served)));
  TRY(folder.tidy());
  TRY(link_known_blobs(folder));
  const BlobsUnderWay::Claim claim = claim_missing(folder);
  TRY(link_known_blobs(folder));  // once more: what another pull has brought meanwhile
  LayerWorkers workers(store_, TRY(proven_layers(store_)));
  Result<StoredImage> image = bring(folder, workers);
  unpacked_ = workers.end();
  Outcome outcome{TRY(std::move(image)), true};
  if (options_.progress) options_.progress({PullPhase::done, {}});
  return std::optional<Outcome>(std::move(outcome));
}

Result<StoredImage> Pulling::bring(PullFolder& folder, LayerWorkers& workers) {
  TRY(copy(folder, workers));
  brought_ = true;
  TRY(find_copied(folder));
  TRY(finish_unpacking(folder, workers));
  return commit(folder, workers);
}

Result<std::string> Pulling::ask(const std::string& source, const std::vector<std::string>& flags) const {
  std::vector<std::string> arguments = platform_options(platform_);
  arguments.insert(arguments.end(), {"inspect", "--raw"});
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.insert(arguments.end(), {"--", source});
  Result<std::string> text = run_skopeo(std::move(arguments), options_.stop);
  // Without a code it is skopeo's own words.
  if (!text.ok() && text.error().code == 0)
    return skopeo_fault(text.error().words, source_.name, source_.registry);
  return std::move(text).with("pull \"" + source_.name + "\"");
}

// What the source has under the name: an index or a manifest.
Result<std::string> Pulling::look() {
  copy_from_ = source_.skopeo;
  std::string served = TRY(ask(source_.skopeo, {}));
  image_.served_digest = digest_of(served);
  return served;
}

// Which manifest it is, and so which blobs. A choice among platforms that is inside an archive is skopeo's.
Result<void> Pulling::learn_manifest(std::string text) {
  ServedImage served = TRY(parse_served(text).with("pull \"" + source_.name + "\""));
  if (served.index) {
    if (source_.registry.empty()) return {};
    const IndexedManifest chosen =
        TRY(choose_manifest(*served.index, platform_).with("pull \"" + source_.name + "\""));
    // The same bytes even if the tag moves meanwhile.
    copy_from_ = "docker://" + by_digest(source_.name, chosen.descriptor.digest);
    text = TRY(ask(copy_from_, {}));
    if (digest_of(text) != chosen.descriptor.digest)
      return Error{EBADMSG, "pull \"" + source_.name + "\": the manifest's digest is " + digest_of(text) +
                                ", not " + chosen.descriptor.digest};
    served.manifest = TRY(parse_manifest(text).with("pull \"" + source_.name + "\""));
  } else if (!source_.registry.empty()) {
    copy_from_ = "docker://" + by_digest(source_.name, image_.served_digest);
  }
  image_.manifest = std::move(*served.manifest);
  image_.manifest_text = std::move(text);
  know_manifest_ = true;
  return {};
}

// The entry of this name if the source still serves the same and all of it is here; its time of pull is now.
Result<std::optional<StoredImage>> Pulling::unchanged() const {
  if (source_.name.empty()) return std::optional<StoredImage>();
  const StoreLock lock = TRY(StoreLock::take(store_.root()));
  std::vector<IndexEntry> entries = TRY(read_index(store_.root()));
  for (IndexEntry& entry : entries) {
    if (entry.image.name != source_.name || entry.image.wanted != image_.wanted) continue;
    if (entry.image.digest != image_.served_digest || !store_.resolve(entry.image).ok()) continue;
    entry.image.pulled = ::time(nullptr);
    entry.stamp = source_.stamp;
    StoredImage same = entry.image;
    TRY(write_index(store_.root(), entries));
    return std::optional<StoredImage>(std::move(same));
  }
  return std::optional<StoredImage>();
}

BlobsUnderWay::Claim Pulling::claim_missing(const PullFolder& folder) const {
  if (options_.under_way == nullptr || !know_manifest_) return {};
  std::set<std::string> missing;
  for (const Descriptor& layer : image_.manifest.layers)
    if (!folder.has(layer.digest)) missing.insert(layer.digest);
  return options_.under_way->claim(missing, options_.stop);
}

Result<void> Pulling::link_known_blobs(const PullFolder& folder) const {
  if (!know_manifest_) return {};
  folder.link_from(store_, image_.manifest.config.digest);
  for (const Descriptor& layer : image_.manifest.layers) folder.link_from(store_, layer.digest);
  return {};
}

Result<void> Pulling::copy(PullFolder& folder, LayerWorkers& workers) {
  std::vector<std::string> arguments = platform_options(platform_);
  // Digests stay as they are: without conversion to OCI, which would lose healthchecks, and without
  // compression.
  arguments.insert(arguments.end(),
                   {"copy", "--quiet", "--preserve-digests", "--dest-oci-accept-uncompressed-layers", "--",
                    copy_from_, "oci:" + folder.path()});
  // The child keeps the lock, should we be killed: nobody else writes here until it has ended.
  SkopeoRun copying = TRY(SkopeoRun::start(std::move(arguments), folder.lock()));
  // Asked for beside, so that layers can be unpacked as they come; the copy brings it last.
  std::optional<SkopeoRun> config;
  if (know_manifest_ && !source_.registry.empty() && !folder.has(image_.manifest.config.digest)) {
    std::vector<std::string> ask_config = platform_options(platform_);
    ask_config.insert(ask_config.end(), {"inspect", "--config", "--raw", "--", copy_from_});
    config.emplace(TRY(SkopeoRun::start(std::move(ask_config), -1)));
  }
  while (!copying.wait(kLookEvery)) {
    if (stopped()) return stopped_error(source_.name);
    if (workers.failed()) break;
    if (config && config->wait(std::chrono::milliseconds(0))) {
      const Result<std::string> text = config->output();
      // What is wrong with it is said when the copy has brought it.
      if (text.ok()) (void)learn_config(*text);
      config.reset();
    }
    unpack_what_has_come(folder, workers);
    tell(PullPhase::copying, folder);
  }
  if (workers.failed()) return {};
  const Result<std::string> end = copying.output();
  if (end.ok()) return {};
  if (end.error().code != 0) return end.error().with("pull \"" + source_.name + "\"");
  return skopeo_fault(end.error().words, source_.name, source_.registry);
}

Result<void> Pulling::find_copied(const PullFolder& folder) {
  if (!know_manifest_) {
    const std::string digest = TRY(folder.copied_manifest());
    image_.manifest_text = TRY(read_blob(folder.blob_path(digest), digest));
    image_.manifest = TRY(parse_manifest(image_.manifest_text).with("pull \"" + source_.name + "\""));
    know_manifest_ = true;
  }
  return {};
}

Result<void> Pulling::learn_config(const std::string& text) {
  const std::string& digest = image_.manifest.config.digest;
  if (digest_of(text) != digest)
    return Error{EBADMSG, "the config's digest is " + digest_of(text) + ", not " + digest};
  image_.config = TRY(parse_image_config(text));
  if (image_.config.diff_ids.size() != image_.manifest.layers.size())
    return fault("it has " + std::to_string(image_.manifest.layers.size()) +
                 " layers, but its config names " + std::to_string(image_.config.diff_ids.size()));
  if (image_.manifest.layers.empty()) return fault("it has no layers: there is nothing in it to run");
  know_config_ = true;
  return {};
}

void Pulling::unpack_what_has_come(const PullFolder& folder, LayerWorkers& workers) const {
  if (!know_config_) return;
  for (std::size_t i = 0; i < image_.manifest.layers.size(); ++i) {
    const LayerDigests digests{image_.manifest.layers[i].digest, image_.config.diff_ids[i]};
    if (folder.has(digests.blob)) workers.add(folder.blob_path(digests.blob), digests);
  }
}

Result<void> Pulling::finish_unpacking(PullFolder& folder, LayerWorkers& workers) {
  const std::string what = "pull \"" + source_.name + "\"";
  if (!know_config_ && !workers.failed()) {
    const std::string& digest = image_.manifest.config.digest;
    TRY(learn_config(TRY(read_blob(folder.blob_path(digest), digest).with(what))).with(what));
  }
  TRY(check_platform().with(what));
  unpack_what_has_come(folder, workers);
  tell(PullPhase::unpacking, folder);
  if (!workers.wait([this] { return stopped(); })) return stopped_error(source_.name);
  const auto failure = workers.failure();
  if (!failure) return {};
  const std::string& blob = failure->digests.blob;
  const Result<std::string> found = digest_of_file(failure->blob);
  if (!found.ok() || *found == blob) return failure->error.with(what);
  // skopeo had it whole: the disk has not kept it.
  folder.discard(store_, blob);
  return Error{EBADMSG, what + ": its blob " + blob + " was damaged on the disk, and is removed; try again"};
}

// An image that is for one platform only says so in its config alone.
Result<void> Pulling::check_platform() const {
  const Platform has{image_.config.os, image_.config.architecture, image_.config.variant};
  if (options_.platform.empty() || platform_distance(platform_, has) >= 0) return {};
  return fault("it is for " + canonical_platform(has) + ", not for " + canonical_platform(platform_));
}

Result<StoredImage> Pulling::commit(PullFolder& folder, LayerWorkers& workers) {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    StoredImage stored;
    if (TRY(commit_image(store_, folder, image_, stored)) == Commit::done) return stored;
    workers.forget_given();
    TRY(finish_unpacking(folder, workers));
  }
  return fault("pull \"" + source_.name + "\": its layers are removed again and again by somebody else");
}

void Pulling::tell(PullPhase phase, PullFolder& folder) {
  if (options_.progress)
    options_.progress(
        {phase, know_manifest_ ? folder.measure(image_.manifest.layers) : std::vector<LayerProgress>()});
}

}  // namespace stack
