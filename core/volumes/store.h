// The root folder and who may change what in it. Two kinds of lock, both of flock(2), which end with their
// process: ROOT/.lock for the names in the root, and the one on a volume's folder (or the draft of one) for
// what is in it. Who wants both takes the root's first and does not wait for the other.
#pragma once

#include <string>

#include "core/sys/lock.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::volumes {

// Waits. Makes the root where there is none, and takes away the drafts and remains of processes that died.
Result<UniqueFd> lock_store(const std::string& root);

// Whether the lock was got. A folder may have been renamed when it is.
Result<bool> lock_folder(int folder, Waiting waiting);

std::string draft_path(const std::string& root, const std::string& name);
std::string remains_path(const std::string& root, const std::string& name);

}  // namespace stack::volumes
