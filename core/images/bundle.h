// A stack in one file, for machines without a network: its files and its images. A tar that is an OCI image
// layout as well, so that other tools read its images:
//
//   bundle.json              what is in it: name, size and SHA-256 of every other entry (bundle_manifest.h)
//   blobs/sha256/HEX, index.json, oci-layout
//   stack/PATH               the stack's files, in the places that they have to each other
//   b2sum                    the BLAKE2b digest of all bytes before it
//
// The same stack and images give the same bytes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/images/bundle_manifest.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

inline constexpr const char* kBundles = "/var/lib/stack/.bundles";
inline constexpr const char* kBundleSuffix = ".stack";

// Asked from time to time: whether to end with EINTR.
using Interrupted = std::function<bool()>;

struct StackFileContent {
  std::string path;  // below stack/, downwards, UTF-8
  std::string content;
};

struct BundleContents {
  BundleManifest manifest;  // without its entries, which are made of the rest
  std::vector<StackFileContent> files;
};

// Replaces the file `path` when the bundle is on the disk, whole, for its owner alone. The images must be in
// the store; their blobs' digests are checked on the way.
Result<void> write_bundle(const Store& store, const BundleContents& contents, const std::string& path,
                          const Interrupted& interrupted = {});

struct OpenOptions {
  std::string verify_key;  // file of a public key of minisign; FILE.minisig must be a signature by it
  std::string project;     // another name than the bundle has
  std::string bundles = kBundles;
  Interrupted interrupted;
  std::function<void(const std::string&)> progress;  // what is done now, in a word
};

// What to load, all absolute.
struct OpenedBundle {
  std::string project, directory;
  std::vector<std::string> files, env_files;
};

// Whether it looks like one: by its name's ending, or by its first bytes.
bool is_bundle(const std::string& path);

// The signature first, then every digest, before anything is changed; then the images are in the store and
// the stack's files in BUNDLES/PROJECT/stack. What others have put there (what a bind with a relative path
// has made, a secret that is not in the bundle) stays. Errors name the file.
Result<OpenedBundle> open_bundle(Store& store, const std::string& path, const OpenOptions& options);

// Removes the bundle's files of that project, but not what others have put beside them.
Result<void> forget_bundle(const std::string& bundles, const std::string& project);

}  // namespace stack
