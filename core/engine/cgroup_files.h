// The few operations on cgroupfs that both drivers share. Paths are whole paths of cgroup folders and files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

namespace stack::cgroup {

enum class Made { now, before };

// mkdir(2) of one cgroup whose parent exists; fails with ENOENT where it does not.
Result<Made> make_folder(const std::string& folder);
[[nodiscard]] bool is_there(const std::string& path);
// The content without its last newline; nothing where the file is not there.
Result<std::optional<std::string>> read_value(const std::string& file);
// Whether a file with that content is as a write of `value` leaves it.
[[nodiscard]] bool holds(const std::string& content, const std::string& value);
// Writes where the kernel does not hold `value` already.
Result<void> bring_to(const std::string& file, const std::string& value);
// The number after `name` in a file of "name number" lines, 0 where it has none or the file is not there.
Result<std::uint64_t> read_counter(const std::string& file, std::string_view name);
// The sum of what stands behind `name` and "=" or a blank in every line that begins with a device's numbers:
// "8:0 rbytes=180224 wbytes=0" (io.stat), "8:0 Read 4096" (blkio.throttle.io_service_bytes).
Result<std::uint64_t> sum_of_devices(const std::string& file, std::string_view name);
// The only number of a file, 0 where the file is not there.
Result<std::uint64_t> read_number(const std::string& file);
Result<std::vector<std::string>> folders_in(const std::string& folder);
Result<std::vector<std::string>> lines_of(const std::string& file);
// Every process of the cgroup and of those below it.
Result<std::vector<int>> processes_below(const std::string& folder);
// rmdir(2) from the leaves up. What is gone is no error; EBUSY while a process is in one of them.
Result<void> remove_below(const std::string& folder);
// SIGKILL to every process in it and to those that appear meanwhile. The caller stops forks (freezer) where
// it can.
Result<void> kill_below(const std::string& folder);

}  // namespace stack::cgroup
