#include "specs/source_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "specs/document.h"

namespace stack {
namespace {

std::optional<std::string> read_all(std::FILE* file) {
  std::string text;
  char buffer[16384];
  // One byte more than a file may have is enough to refuse it: /dev/zero ends as well.
  while (text.size() <= kMaxFileBytes) {
    errno = 0;
    const std::size_t count = std::fread(buffer, 1, sizeof buffer, file);
    text.append(buffer, count);
    if (count == sizeof buffer) continue;
    if (std::ferror(file) != 0) return std::nullopt;
    break;
  }
  return text;
}

}  // namespace

std::optional<std::string> read_source(const std::string& path) {
  if (path == "-") {
    // A pipe gives its text once, and a verb may ask for the name first and for the model then.
    static const std::optional<std::string> kInput = read_all(stdin);
    return kInput;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return std::nullopt;
  return read_all(file.get());
}

std::optional<std::string> read_regular(const std::string& path, std::string& why) {
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) {
    why = S_ISDIR(st.st_mode) ? "it is a folder" : "it is no regular file";
    return std::nullopt;
  }
  auto text = read_source(path);
  if (!text) why = std::strerror(errno);
  return text;
}

bool is_source_file(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && !S_ISDIR(st.st_mode);
}

}  // namespace stack
