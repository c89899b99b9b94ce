// A bundle's tar into a folder of its own, where nobody looks yet.
#pragma once

#include "core/images/blake2b.h"
#include "core/images/bundle.h"
#include "core/images/pull_folder.h"
#include "specs/result.h"

namespace stack {

// Blobs to blobs/sha256 of the folder, the stack's files to stack/. Every entry is one that the manifest
// lists, of that size and digest, and none is missing; the bytes read have the digest `whole`, which was
// believed before.
Result<BundleManifest> unpack_bundle(int file, const Blake2bDigest& whole, const Store& store,
                                     const PullFolder& folder, const Interrupted& interrupted);

}  // namespace stack
