// The tar inside a layer's blob: decompressed by a thread of its own, some blocks ahead of the reader; both
// digests are counted on the way.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/images/digest.h"
#include "core/images/unpack.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

enum class Compression { none, gzip, zstd };
// By how the file begins.
Result<Compression> compression_of(const std::string& file);

class LayerStream {
 public:
  static Result<std::unique_ptr<LayerStream>> open(const std::string& blob, std::stop_token stop);
  LayerStream(const LayerStream&) = delete;
  LayerStream& operator=(const LayerStream&) = delete;
  ~LayerStream();

  // What comes next, valid until the next call; empty at the end.
  Result<std::string_view> next();
  // Reads on to the end of the blob, which may be behind the end of the tar.
  Result<LayerDigests> finish();

  [[nodiscard]] std::uint64_t blob_size() const { return blob_size_; }

 private:
  using Block = std::vector<char>;
  struct Input;

  LayerStream(UniqueFd blob, std::string path, std::uint64_t size, std::stop_token stop);
  void decompress();
  Result<void> decompress_all(Input& input);
  Result<void> decompress_zstd(Input& input);
  Result<void> fill(void* archive);
  bool hand_over(Block block);

  UniqueFd blob_;
  std::string path_;
  std::uint64_t blob_size_;
  std::stop_token stop_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Block> ready_;
  bool ended_ = false;      // nothing comes after what is ready
  bool abandoned_ = false;  // nobody reads any more
  std::optional<Error> error_;
  std::string blob_digest_;

  Block current_;
  Sha256 diff_id_;
  std::thread thread_;
};

}  // namespace stack
