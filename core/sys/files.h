// Whole-file reads and writes, and the one way in which state reaches the disk: write, fsync, rename, fsync
// the folder.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

enum class Durability {
  none,  // /run: gone with the boot anyway
  disk,  // fsync of file and folder
};

Result<std::string> read_file(const std::string& path);
// Replaces `path` atomically; a crash leaves the old content or the new one. Mode is not subject to the
// umask.
Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode,
                          Durability durability);
// One write(2) to an existing kernel file (cgroupfs, procfs); nothing is created.
Result<void> write_existing(const std::string& path, std::string_view content);
// mkdir -p; folders that are there already are left as they are.
Result<void> make_folders(const std::string& path, mode_t mode);
// rm -rf that never follows a symlink and never crosses into another mount; what is already gone is no error.
Result<void> remove_tree(const std::string& path);
Result<UniqueFd> open_fd(const std::string& path, int flags, mode_t mode = 0);

}  // namespace stack
