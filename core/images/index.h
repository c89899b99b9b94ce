// index.json of the store, and the lock under which it changes.
#pragma once

#include <string>
#include <vector>

#include "core/images/manifest.h"
#include "core/images/store.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

struct IndexEntry {
  StoredImage image;
  std::string media_type;  // of the manifest
  std::uint64_t manifest_size = 0;
  std::string stamp;  // of a local source: what it looked like
};

// Held to the end of the object, against other processes and other threads. Makes the store's folders.
class StoreLock {
 public:
  static Result<StoreLock> take(const std::string& root);

 private:
  explicit StoreLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

Result<std::vector<IndexEntry>> read_index(const std::string& root);
// Under the lock. On the disk when it returns.
Result<void> write_index(const std::string& root, const std::vector<IndexEntry>& entries);

// The entry takes its name (for its platform) over from another image, which stays without one.
void put_entry(std::vector<IndexEntry>& entries, IndexEntry entry);

// A small blob of the store, its digest checked.
Result<std::string> read_blob(const std::string& path, const std::string& digest);
Result<Manifest> manifest_of(const Store& store, const IndexEntry& entry);
Result<ImageConfig> config_of(const Store& store, const StoredImage& image);

}  // namespace stack
