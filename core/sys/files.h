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
// Every byte, at the descriptor's place or at `offset`. `path` is for the words of an error; those of the
// second leave it to the caller.
Result<void> write_all(int fd, std::string_view bytes, const std::string& path);
Result<void> write_all_at(int fd, std::string_view bytes, off_t offset);
// The names in a folder are on the disk, or all of its file system is.
Result<void> sync_folder(const std::string& path);
Result<void> sync_file_system(const std::string& path);
// One write(2) to an existing kernel file (cgroupfs, procfs); nothing is created.
Result<void> write_existing(const std::string& path, std::string_view content);
// mkdir -p; folders that are there already are left as they are.
Result<void> make_folders(const std::string& path, mode_t mode);
// rm -rf of what a hostile container may have written: it takes few descriptors however deep the tree is,
// never follows a symlink, and never enters what is mounted within, be it a bind of the same file system
// (EBUSY). What is already gone is no error.
Result<void> remove_tree(const std::string& path);
// The same of `name` in a folder that is open.
Result<void> remove_tree_at(int folder, const std::string& name);
Result<UniqueFd> open_fd(const std::string& path, int flags, mode_t mode = 0);

}  // namespace stack
