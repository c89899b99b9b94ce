// The images of an unpacked bundle into the store.
#pragma once

#include <string>

#include "core/images/bundle.h"
#include "core/images/pull_folder.h"
#include "specs/result.h"

namespace stack {

// `place` is where the bundle's stack/ will be: images that the stack's file names by a relative path are
// known by it then. All layers are unpacked before the first image has its name.
Result<void> add_bundled_images(Store& store, const PullFolder& folder, const BundleManifest& manifest,
                                const std::string& place, const Interrupted& interrupted);

}  // namespace stack
