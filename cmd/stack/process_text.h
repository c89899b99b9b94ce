// A process of a container in the words of `ps -ef`. Pure: what /proc says of it is given. Its name and its
// arguments are the container's own bytes.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace stack::cmd {

// Of /proc/PID/stat (proc(5)).
struct ProcessStat {
  std::string name;
  int pid = 0, parent = 0;
  int terminal = 0;                // device number, 0 is none
  std::uint64_t cpu_ticks = 0;     // user and system
  std::uint64_t started_tick = 0;  // since the boot
};
// Nothing where it is cut short.
std::optional<ProcessStat> parse_process_stat(const std::string& text);

// The effective user by /proc/PID/status, on the host: the owner of the folder is root where the process may
// not be dumped. Nothing where it is not said.
std::optional<std::uint32_t> parse_process_user(const std::string& status);

struct Clock {
  std::time_t now = 0;    // seconds since the epoch
  double since_boot = 0;  // seconds
  long ticks_per_second = 100;
};

// "pts/3", "tty1", "ttyS0", "?".
std::string terminal_text(int device);
// How much of one processor it has taken since it began, in percent, 99 at the most.
std::string cpu_share(const ProcessStat& stat, const Clock& clock);
// "15:33" within a day, then "Nov24", then the year; in the local time.
std::string started_text(const ProcessStat& stat, const Clock& clock);
// "00:01:05", "2-03:00:00".
std::string cpu_time_text(const ProcessStat& stat, const Clock& clock);
// `cmdline` as /proc has it, an argument a NUL; "[name]" where it is empty. No byte of it drives a terminal.
std::string command_text(const ProcessStat& stat, const std::string& cmdline);

// PID PPID C STIME TTY TIME CMD
std::vector<std::string> process_columns(const ProcessStat& stat, const std::string& cmdline,
                                         const Clock& clock);

}  // namespace stack::cmd
