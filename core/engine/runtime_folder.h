// The folder of what a stack has only until the boot: pinned namespaces, records, the small layers of its
// containers. A tmpfs of its own with private propagation, so that nothing of it is written to a disk,
// wherever /run lies, and one umount takes all of it, however many services there are.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::engine {

// One that is there already is kept as it is.
Result<void> make_runtime_folder(const std::string& folder);
// Mounts it anew where somebody took it off, with what was in the one before, of which `before` is still an
// open folder; but for what was mounted there.
Result<void> restore_runtime_folder(const std::string& folder, int before);
// With every pin in it. Already gone is no error.
Result<void> remove_runtime_folder(const std::string& folder);

[[nodiscard]] bool is_mount_root(const std::string& path);

}  // namespace stack::engine
