// The bytes of a bundle's file as a whole, before anything of them is understood.
#pragma once

#include <cstdint>

#include "core/images/blake2b.h"
#include "core/images/bundle.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

struct BundleBytes {
  std::uint64_t size = 0;
  Blake2bDigest before_seal{}, whole{};
};

// Of a regular file that is long enough and begins as a bundle does; nothing of it is believed yet.
Result<BundleBytes> digest_bundle(int file, const Interrupted& interrupted);
// Not a byte of it is missing or another one than when it was made.
Result<void> check_seal(int file, const BundleBytes& bytes);
bool begins_as_bundle(int file);

}  // namespace stack
