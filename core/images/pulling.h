// One image from one source into the store: what `pull` and `load` have in common.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/images/commit.h"
#include "core/images/image_source.h"
#include "core/images/layer_workers.h"
#include "core/images/pull.h"
#include "core/images/pull_folder.h"
#include "core/images/skopeo.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

class Pulling {
 public:
  // Whether it is still to be pulled, asked when it is this process's turn.
  using StillWanted = std::function<Result<bool>()>;

  Pulling(const Store& store, ImageSource source, Platform platform, const PullOptions& options);

  // What is in the store under the source's name then; nothing where it was not wanted any more.
  struct Outcome {
    StoredImage image;
    bool moved = false;
  };
  Result<std::optional<Outcome>> run(const StillWanted& still_wanted);

 private:
  Result<std::optional<Outcome>> run_in(PullFolder& folder, const std::string& plain_archive,
                                        const StillWanted& still_wanted);
  Result<StoredImage> bring(PullFolder& folder, LayerWorkers& workers);
  Result<std::string> ask(const std::string& source, const std::vector<std::string>& flags) const;
  Result<std::string> look();
  Result<void> learn_manifest(std::string served);
  Result<std::optional<StoredImage>> unchanged() const;
  BlobsUnderWay::Claim claim_missing(const PullFolder& folder) const;
  Result<void> link_known_blobs(const PullFolder& folder) const;
  Result<void> copy(PullFolder& folder, LayerWorkers& workers);
  Result<void> find_copied(const PullFolder& folder);
  Result<void> learn_config(const std::string& text);
  void unpack_what_has_come(const PullFolder& folder, LayerWorkers& workers) const;
  Result<void> finish_unpacking(PullFolder& folder, LayerWorkers& workers);
  Result<void> check_platform() const;
  Result<StoredImage> commit(PullFolder& folder, LayerWorkers& workers);
  void tell(PullPhase phase, PullFolder& folder);
  [[nodiscard]] bool stopped() const { return options_.stop.stop_requested(); }

  const Store& store_;
  ImageSource source_;
  const Platform platform_;
  const PullOptions& options_;

  std::string copy_from_;  // the source, or the manifest of it that was chosen
  CompleteImage image_;    // as far as it is known
  bool know_manifest_ = false;
  bool know_config_ = false;
  bool brought_ = false;            // all that the source has
  std::set<std::string> unpacked_;  // diff ids of layers that this pull has brought into the store
};

}  // namespace stack
