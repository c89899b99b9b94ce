#include "core/engine/file_system.h"

#include <sys/mount.h>

namespace stack::engine {

Result<UniqueFd> make_file_system(const std::string& type, const FileSystemSettings& settings,
                                  unsigned attributes) {
  const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) return os_error("open file system \"" + type + "\"");
  for (const auto& [key, value] : settings)
    if (::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) != 0)
      return os_error("set option \"" + key + "=" + value + "\" of " + type);
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return os_error("make a " + type);
  UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mount) return os_error("make a " + type);
  return mount;
}

}  // namespace stack::engine
