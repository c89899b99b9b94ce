// Paths of the file against the project's folder, and the reading of the files named.
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "specs/service.h"

namespace stack {

std::string absolute_path(const std::string& path, const Surroundings& around) {
  std::filesystem::path whole = path;
  if (path == "~" || path.starts_with("~/")) {
    whole = std::filesystem::path(around.home.empty() ? "/root" : around.home) /
            path.substr(std::min<std::size_t>(2, path.size()));
  } else if (whole.is_relative()) {
    whole = std::filesystem::path(around.project_directory) / whole;
  }
  std::string normal = whole.lexically_normal().string();
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

bool is_remote_context(const std::string& context) {
  if (context.find("://") != std::string::npos) return true;
  return context.starts_with("github.com/") || context.starts_with("git@");
}

std::string display_path(const std::string& path, const std::string& directory) {
  const std::string prefix = directory.ends_with('/') ? directory : directory + "/";
  return path.starts_with(prefix) && !directory.empty() ? path.substr(prefix.size()) : path;
}

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

}  // namespace stack
