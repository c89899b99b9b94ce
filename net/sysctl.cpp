#include "net/sysctl.h"

#include "core/sys/files.h"

namespace stack::net {

std::string sysctl_path(const std::string& name) {
  return "/proc/sys/net/" + name;
}

Result<std::string> read_sysctl(const std::string& name) {
  std::string value = TRY(read_file(sysctl_path(name)));
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

Result<void> set_sysctl(const std::string& name, const std::string& value) {
  if (TRY(read_sysctl(name)) == value) return {};
  return write_existing(sysctl_path(name), value);
}

}  // namespace stack::net
