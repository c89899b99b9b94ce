#include "tests/fuzz/files_in_memory.h"

#include <cerrno>
#include <map>
#include <string>
#include <string_view>

#include "specs/source_files.h"

namespace stack {
namespace {

std::map<std::string, std::string> files;

std::string path_of(std::string_view name) {
  return std::string(fuzz::kFolder) + "/" + std::string(name);
}

}  // namespace

void fuzz::take_files(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::string_view kMarker = "\n=== ";
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  std::string name = "compose.yaml";
  files.clear();
  for (;;) {
    const std::size_t end = rest.find(kMarker);
    files[path_of(name)] = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + kMarker.size());
    const std::size_t line = rest.find('\n');
    name = rest.substr(0, line);
    rest.remove_prefix(line == std::string_view::npos ? rest.size() : line + 1);
  }
}

std::optional<std::string> read_source(const std::string& path) {
  const auto file = files.find(path);
  errno = ENOENT;
  return file == files.end() ? std::nullopt : std::optional(file->second);
}

std::optional<std::string> read_regular(const std::string& path, std::string& why) {
  auto text = read_source(path);
  if (!text) why = "No such file or directory";
  return text;
}

bool is_source_file(const std::string& path) {
  return files.contains(path);
}

}  // namespace stack
