// BUNDLES/PROJECT: bundle.json, and in stack/ the stack's files. Replaced as a whole.
#pragma once

#include <string>

#include "core/images/bundle_manifest.h"
#include "specs/result.h"

namespace stack {

// `staged` has the files in a stack/ of its own. What is in the old folder and not of the old bundle moves
// into the new one, unless that has something in its place.
Result<void> put_stack_files(const std::string& bundles, const std::string& project,
                             const BundleManifest& manifest, const std::string& staged);

}  // namespace stack
