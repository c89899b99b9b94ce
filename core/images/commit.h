// The last step of a pull, a load and an import: what has come becomes the store's, under its name.
#pragma once

#include <string>

#include "core/images/index.h"
#include "core/images/manifest.h"
#include "core/images/pull_folder.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

struct CompleteImage {
  std::string manifest_text;
  Manifest manifest;
  ImageConfig config;
  std::string served_digest;
  std::string wanted;  // canonical platform
  std::string name, stamp;
};

enum class Commit {
  done,
  layers_gone,  // somebody has pruned meanwhile: unpack again
};

// Needs the config's and the layers' blobs in the folder, and the layers unpacked.
Result<Commit> commit_image(const Store& store, PullFolder& folder, const CompleteImage& image,
                            StoredImage& stored);

}  // namespace stack
