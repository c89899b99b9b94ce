#include "core/reconcile/process_identity.h"

#include <charconv>

#include "core/sys/files.h"

namespace stack {

namespace {

// A number of /proc/PID/stat, counted as proc(5) does, from the third on.
Result<std::uint64_t> stat_field(pid_t pid, int wanted) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const std::string stat = TRY(read_file(path));
  // The second field is the command in parentheses, which may itself hold blanks and parentheses.
  std::size_t at = stat.rfind(')');
  for (int field = 2; field < wanted && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return fault("read \"" + path + "\": too few fields");
  std::uint64_t number = 0;
  std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), number);
  return number;
}

}  // namespace

Result<std::uint64_t> start_time_of(pid_t pid) {
  return stat_field(pid, 22);
}

bool is_exiting(pid_t pid) {
  constexpr std::uint64_t kExiting = 0x4;  // PF_EXITING of include/linux/sched.h
  const auto flags = stat_field(pid, 9);
  return !flags || (*flags & kExiting) != 0;
}

bool is_stopped(pid_t pid, std::uint64_t start_time) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  if (!stat) return false;
  const std::size_t command_end = stat->rfind(')');
  const bool stopped = command_end != std::string::npos && stat->substr(command_end).starts_with(") T ");
  // Read again: whoever has the pid now had it then, too, if it is the one that we know.
  const auto started = start_time_of(pid);
  return stopped && started && *started == start_time;
}

Result<std::string> boot_id() {
  std::string id = TRY(read_file("/proc/sys/kernel/random/boot_id"));
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

}  // namespace stack
