// The folder of a pull under way: an image layout that skopeo copies into. A blob in it under its digest is
// whole; skopeo takes what is there for brought, so that a pull that was killed goes on with the next blob.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "core/images/manifest.h"
#include "core/images/pull.h"
#include "core/images/store.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

class PullFolder {
 public:
  // Waits for another process that pulls the same.
  static Result<PullFolder> open(const Store& store, const std::string& name, const std::string& platform,
                                 const std::stop_token& stop);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string blob_path(const std::string& digest) const;
  [[nodiscard]] bool has(const std::string& digest) const;
  [[nodiscard]] int lock() const { return lock_.get(); }

  // Removes what a killed skopeo has left beside whole blobs.
  Result<void> tidy() const;
  // A second name for the blob, if the store has it.
  void link_from(const Store& store, const std::string& digest) const;
  // The digest of the one manifest that has been copied into it.
  [[nodiscard]] Result<std::string> copied_manifest() const;
  // How far each layer has come, by the sizes of the files.
  std::vector<LayerProgress> measure(const std::vector<Descriptor>& layers);
  // A blob that is not what it should be, here and in the store.
  void discard(const Store& store, const std::string& digest) const;
  // Away with it if nothing has come.
  void drop_if_empty() const;
  // From now on it is a leftover.
  Result<void> finish();

 private:
  PullFolder(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  UniqueFd lock_;
  std::map<std::string, std::string>
      growing_;  // name of skopeo's file -> digest of the layer it is taken for
};

}  // namespace stack
