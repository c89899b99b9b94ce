#include <sys/capability.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "core/engine/default_capabilities.h"
#include "core/engine/security.h"
#include "specs/diagnostics.h"

namespace stack::security {
namespace {

// What the running kernel knows: a bit above would make capset(2) fail.
std::uint64_t every() {
  static const auto count = static_cast<int>(::cap_max_bits());
  return count >= 64 ? ~std::uint64_t{0} : capability_bit(count) - 1;
}

// "NET_ADMIN" for 12; empty where neither libcap nor we have a name for the number.
std::string name_of(int capability) {
  char* const text = ::cap_to_name(capability);
  if (text == nullptr) return "";
  std::string name = text;
  ::cap_free(text);
  if (!name.starts_with("cap_")) return "";
  name.erase(0, 4);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> list;
    for (int i = 0; i <= CAP_LAST_CAP; ++i) list.push_back(name_of(i));
    return list;
  }();
  return all;
}

Result<std::uint64_t> set_of(const std::string& key, const std::vector<std::string>& wanted) {
  std::uint64_t set = 0;
  for (const std::string& name : wanted) {
    if (name == "ALL") {
      set |= every();
      continue;
    }
    const auto found = std::find(names().begin(), names().end(), name);
    if (name.empty() || found == names().end()) {
      const std::string hint = did_you_mean(name, names());
      return fault(key + ": unknown capability \"" + name + "\"" + (hint.empty() ? "" : ", " + hint));
    }
    const auto number = static_cast<int>(found - names().begin());
    if ((every() & capability_bit(number)) == 0)
      return fault(key + ": this kernel has no capability \"" + name + "\"");
    set |= capability_bit(number);
  }
  return set;
}

bool names_all(const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), "ALL") != list.end();
}

}  // namespace

Result<Capabilities> capabilities(const ServiceSpec& service) {
  const std::uint64_t add = TRY(set_of("cap_add", service.cap_add));
  const std::uint64_t drop = TRY(set_of("cap_drop", service.cap_drop));
  std::uint64_t held = service.privileged ? every() : default_capabilities() & every();
  // As in Docker, whoever drops ALL starts from nothing and adds by name; whoever adds ALL drops by name.
  if (names_all(service.cap_drop))
    held = names_all(service.cap_add) ? every() : add;
  else
    held = (held | add) & ~drop;
  return Capabilities{held, held};
}

}  // namespace stack::security
