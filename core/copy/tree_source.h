// Reads a tree that may change under it, by somebody who means no good: each name is opened once, looked at
// through that descriptor, and read through it.
#pragma once

#include <string>

#include "core/copy/entry.h"
#include "core/copy/ids.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::copy {

// `from` (O_PATH) and what is below it into `sink`, as `path`. A symlink is copied as such. Devices, sockets,
// fifos, whiteouts and views of the kernel below it are left out and told; `from` itself being one is an
// error.
Result<void> read_tree(const UniqueFd& from, const std::string& path, const IdShift& ids, Sink& sink,
                       const LeftOut& left_out);
// The same of a root alone: of what is mounted on it an empty folder or file stands where it is mounted.
Result<void> read_unmounted(const UniqueFd& root, const IdShift& ids, Sink& sink, const LeftOut& left_out);
// The same of a folder without what is in it.
Result<void> read_one(const UniqueFd& from, const std::string& path, const IdShift& ids, Sink& sink,
                      const LeftOut& left_out);

}  // namespace stack::copy
