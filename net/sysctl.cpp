#include "net/sysctl.h"

#include "core/sys/files.h"
#include "specs/text.h"

namespace stack::net {

std::string sysctl_path(const std::string& name) {
  return "/proc/sys/net/" + name;
}

// Part by part, as a link's name may hold a dot.
std::string interface_sysctl(const std::string& name, const std::string& ifname) {
  std::vector<std::string> parts = split(name, '.');
  for (std::string& part : parts)
    if (part == "IFNAME") part = ifname;
  parts.erase(parts.begin());  // "net"
  return joined(parts, "/");
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
