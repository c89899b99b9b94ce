// Our own program through a mount that nobody can write to. A container whose root is the host's root
// (`userns_mode: host`) can make an exec'd child of ours run "/proc/self/exe" (by a script's first line, say)
// and then open /proc/PID/exe for writing; a program that was itself started from this descriptor answers
// EROFS (CVE-2019-5736). It costs no copy: the pages are shared.
#pragma once

#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::engine {

// A descriptor for fexecve(3) of the file at `path` on a detached read-only mount.
Result<UniqueFd> open_read_only_program(const std::string& path = "/proc/self/exe");

}  // namespace stack::engine
