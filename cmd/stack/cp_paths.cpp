#include "cmd/stack/cp_paths.h"

#include "core/copy/tree.h"

namespace stack::cmd {

using copy::Split;
using copy::split_path;

CopyArgument parse_copy_argument(const std::string& text) {
  const auto colon = text.find(':');
  if (text.starts_with('/') || text.starts_with('.') || colon == std::string::npos || colon == 0)
    return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool means_content(const std::string& path) {
  const std::string name = split_path(path).name;
  return name.empty() || name == "." || name == "..";
}

Result<CopyPlace> place_copy(const CopyFrom& from, const CopyTo& to) {
  if (to.is_there && !to.is_folder && from.is_folder)
    return fault("\"" + to.path + "\" is no folder, and a folder cannot be copied onto it");
  if (to.is_there && !to.is_folder && to.path.ends_with('/'))
    return fault("\"" + to.path + "\" is no folder");
  if (to.is_folder && from.is_folder && means_content(from.path)) return CopyPlace{to.path, ""};
  if (to.is_folder) return CopyPlace{to.path, split_path(from.path).name};
  if (!to.is_there && !from.is_folder && to.path.ends_with('/'))
    return fault("there is no folder \"" + to.path + "\"");
  const Split place = split_path(to.path);
  if (means_content(to.path)) return fault("there is no folder \"" + to.path + "\"");
  return CopyPlace{place.folder, place.name};
}

}  // namespace stack::cmd
