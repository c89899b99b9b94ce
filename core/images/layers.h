// Unpacked layers of the store: each is there whole, on the disk, or not at all; whoever comes second waits
// for the first.
#pragma once

#include <stop_token>
#include <string>

#include "core/images/store.h"
#include "core/images/unpack.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

inline constexpr const char* kNewLayer = ".new-";
inline constexpr const char* kRemovedLayer = ".old-";

// Whether the blob is proven to unpack to what is there under the diff id: who only says so might read
// another image's layer.
enum class Proof { none, known };

// After it the layer is in the store; true: it was not before. `blob` is the path; an error with EBADMSG is
// about its digests.
Result<bool> add_layer(const Store& store, const std::string& blob, const LayerDigests& digests, Proof proof,
                       const std::stop_token& stop);
// The same for a blob whose diff id nobody knows yet.
Result<UnpackedLayer> add_unknown_layer(const Store& store, const std::string& blob,
                                        const std::stop_token& stop);

// A folder that is this caller's until the descriptor is closed; made if it is not there. An error with
// ECANCELED when stopped.
Result<UniqueFd> lock_folder(const std::string& folder, const std::stop_token& stop);

}  // namespace stack
