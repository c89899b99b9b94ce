// One layer's blob into a folder, in the form that overlayfs takes. The blob may come from anyone: no entry
// reaches outside of the folder, whatever links the archive makes, and nothing grows without a bound.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "specs/result.h"

namespace stack {

struct LayerLimits {
  // Bytes of files, holes counted: ratio times what the blob has, but at least the floor.
  std::uint64_t ratio = 100;
  std::uint64_t floor = std::uint64_t{1} << 30;
  std::uint64_t disk_reserve = std::uint64_t{256} << 20;  // to be left free on the disk
  std::uint64_t entries = 2'000'000;
  std::size_t path_length = 4095;
  std::size_t depth = 256;
};

struct LayerDigests {
  std::string blob, diff_id;  // "sha256:..."
};

struct UnpackedLayer {
  LayerDigests digests;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};

// `blob` is gzip, zstd or plain tar; `folder` must exist and be empty. An empty digest of `expected` is not
// compared. After an error the folder is empty again. Nothing is synced.
Result<UnpackedLayer> unpack_layer(const std::string& blob, const std::string& folder,
                                   const LayerDigests& expected, const LayerLimits& limits = {},
                                   const std::stop_token& stop = {});

// What is in the blob, without unpacking it.
Result<LayerDigests> digest_layer(const std::string& blob, const std::stop_token& stop = {});

}  // namespace stack
