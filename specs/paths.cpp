// Paths of the file against the project's folder.
#include <filesystem>

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

}  // namespace stack
