#include "core/engine/cgroup_files.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A cgroup that vanishes while it is read (ENOENT at open, ENODEV at read) has no processes.
bool is_gone(const Error& error) {
  return error.code == ENOENT || error.code == ENODEV;
}

}  // namespace

Result<Made> make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0) return Made::now;
  if (errno == EEXIST) return Made::before;
  return os_error("make cgroup \"" + folder + "\"");
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<std::optional<std::string>> read_value(const std::string& file) {
  auto content = read_file(file);
  if (!content) {
    if (content.error().code == ENOENT) return std::optional<std::string>();
    return content.error();
  }
  if (content->ends_with('\n')) content->pop_back();
  return std::optional<std::string>(std::move(*content));
}

bool holds(const std::string& content, const std::string& value) {
  // io.weight answers "default 100", and blkio.bfq.weight of some kernels "100".
  if (content == value || content == "default " + value) return true;
  return content.starts_with("oom_kill_disable " + value + "\n");  // memory.oom_control
}

Result<void> bring_to(const std::string& file, const std::string& value) {
  const auto held = TRY(read_value(file));
  if (held && holds(*held, value)) return {};
  // An empty write never reaches a cgroup file's handler: an empty list is written as a lone newline.
  return write_existing(file, value.empty() ? "\n" : value);
}

Result<std::vector<std::string>> lines_of(const std::string& file) {
  const auto content = TRY(read_value(file));
  std::vector<std::string> lines;
  if (!content) return lines;
  for (std::size_t start = 0; start < content->size();) {
    const std::size_t end = std::min(content->find('\n', start), content->size());
    if (end > start) lines.push_back(content->substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

Result<std::uint64_t> read_counter(const std::string& file, std::string_view name) {
  for (const std::string& line : TRY(lines_of(file))) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ')
      return number_in(std::string_view(line).substr(name.size() + 1));
  }
  return std::uint64_t{0};
}

Result<std::uint64_t> sum_of_devices(const std::string& file, std::string_view name) {
  std::uint64_t sum = 0;
  for (const std::string& line : TRY(lines_of(file))) {
    const auto begin = line.find(" " + std::string(name));
    const auto end = begin == std::string::npos ? begin : begin + 1 + name.size();
    if (end == std::string::npos || end >= line.size() || (line[end] != '=' && line[end] != ' ')) continue;
    sum += number_in(std::string_view(line).substr(end + 1));
  }
  return sum;
}

Result<std::uint64_t> read_number(const std::string& file) {
  return number_in(TRY(read_value(file)).value_or("0"));
}

Result<std::vector<std::string>> folders_in(const std::string& folder) {
  std::vector<std::string> names;
  const Dir dir(::opendir(folder.c_str()));
  if (!dir) {
    if (errno == ENOENT) return names;
    return os_error("read folder \"" + folder + "\"");
  }
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.push_back(name);
  }
  return names;
}

Result<std::vector<int>> processes_below(const std::string& folder) {
  std::vector<int> pids;
  auto lines = lines_of(folder + "/cgroup.procs");
  if (!lines && !is_gone(lines.error())) return lines.error();
  if (!lines) return pids;
  for (const std::string& line : *lines) {
    const int pid = static_cast<int>(number_in(line));
    if (pid > 0) pids.push_back(pid);  // 0 stands for a process outside our pid namespace
  }
  for (const std::string& name : TRY(folders_in(folder))) {
    const auto below = TRY(processes_below(folder + "/" + name));
    pids.insert(pids.end(), below.begin(), below.end());
  }
  return pids;
}

Result<void> remove_below(const std::string& folder) {
  if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
  if (errno != EBUSY && errno != ENOTEMPTY) return os_error("remove cgroup \"" + folder + "\"");
  const int cause = errno;
  const auto below = TRY(folders_in(folder));
  if (below.empty()) return os_error("remove cgroup \"" + folder + "\"", cause);
  for (const std::string& name : below) TRY(remove_below(folder + "/" + name));
  if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
  return os_error("remove cgroup \"" + folder + "\"");
}

Result<void> kill_below(const std::string& folder) {
  std::set<int> killed;
  for (;;) {
    bool fresh = false;
    for (const int pid : TRY(processes_below(folder))) {
      if (!killed.insert(pid).second) continue;
      fresh = true;
      if (::kill(pid, SIGKILL) != 0 && errno != ESRCH)
        return os_error("kill process " + std::to_string(pid) + " of \"" + folder + "\"");
    }
    // Who was sent SIGKILL cannot fork any more (copy_process refuses with a signal pending), so a round
    // without a new process is the last.
    if (!fresh) return {};
  }
}

}  // namespace stack::cgroup
