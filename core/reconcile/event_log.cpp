#include "core/reconcile/event_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/sys/files.h"

namespace stack {

using nlohmann::json;

Result<void> EventLog::append(const json& event) {
  // Before the line, a newline too where the one before it was cut: then that one alone is lost.
  const UniqueFd file = TRY(open_fd(path_, O_RDWR | O_CREAT | O_APPEND, 0600));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return os_error("look at \"" + path_ + "\"");
  char last = '\n';
  if (status.st_size > 0 && ::pread(file.get(), &last, 1, status.st_size - 1) != 1)
    return os_error("read \"" + path_ + "\"");
  const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  TRY(write_all(file.get(), (last == '\n' ? "" : "\n") + line, path_));
  if (static_cast<std::size_t>(status.st_size) + line.size() > 2 * kKeptBytes) return drop_oldest();
  return {};
}

Result<void> EventLog::drop_oldest() {
  const std::string all = TRY(read_file(path_));
  const auto cut = all.find('\n', all.size() - kKeptBytes);
  return replace_file(path_, cut == std::string::npos ? "" : std::string_view(all).substr(cut + 1), 0600,
                      Durability::none);
}

Result<std::vector<json>> EventLog::read() const {
  std::vector<json> events;
  const auto all = read_file(path_);
  if (!all && all.error().code == ENOENT) return events;
  if (!all) return all.error();
  for (std::size_t start = 0; start < all->size();) {
    const std::size_t end = std::min(all->find('\n', start), all->size());
    json event = json::parse(all->begin() + static_cast<std::ptrdiff_t>(start),
                             all->begin() + static_cast<std::ptrdiff_t>(end), nullptr,
                             /*allow_exceptions=*/false);
    if (event.is_object()) events.push_back(std::move(event));
    start = end + 1;
  }
  return events;
}

}  // namespace stack
