// bundle.json, the first entry of a bundle: what is in it, and what it is for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

inline constexpr const char* kBundleManifest = "bundle.json";
inline constexpr const char* kBundledStack = "stack/";         // before the paths of the stack's files
inline constexpr const char* kBundledBlobs = "blobs/sha256/";  // before the hex of a blob
inline constexpr std::uint64_t kLargestStackFile = 4U << 20U;  // as the reader of stack files has it

struct BundleEntry {
  std::uint64_t size = 0;
  std::string digest;  // "sha256:..."
};

struct BundledImage {
  ImageRef ref;               // as in the model where the bundle was made
  std::string below;          // its path below stack/, where the model's path is a relative one
  std::string platform;       // that it was pulled for, in canonical form
  bool own_platform = false;  // the file names it; else it was that of the machine
  std::string manifest;       // digests
  std::string served;
};

struct BundleManifest {
  std::string project;
  std::string directory;                      // the project's, below stack/; "." is that itself
  std::vector<std::string> files, env_files;  // below stack/
  std::vector<BundledImage> images;
  std::map<std::string, BundleEntry> entries;  // by name in the tar, without bundle.json itself
};

std::string to_text(const BundleManifest& manifest);
// Anyone may have written it: no name leads out of the bundle, and everything that is referred to is listed.
Result<BundleManifest> parse_bundle_manifest(std::string_view text);

}  // namespace stack
