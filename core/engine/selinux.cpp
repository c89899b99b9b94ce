#include <selinux/selinux.h>

#include <cstdint>
#include <optional>
#include <sstream>

#include "core/engine/security.h"
#include "core/sys/files.h"

namespace stack::security {
namespace {

// user:role:type:level, the level being all that follows (it has colons of its own).
struct Context {
  std::string user, role, type, level;

  [[nodiscard]] std::string text() const { return user + ":" + role + ":" + type + ":" + level; }
};

std::optional<Context> parse(const std::string& text) {
  std::istringstream words(text);
  Context context;
  const bool complete = std::getline(words, context.user, ':') && std::getline(words, context.role, ':') &&
                        std::getline(words, context.type, ':') && std::getline(words, context.level);
  if (!complete) return std::nullopt;
  return context;
}

// `process = "system_u:system_r:container_t:s0"`; empty where the file does not name `key`.
std::string value_of(const std::string& content, const std::string& key) {
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::istringstream left(line.substr(0, equals));
    std::string name;
    left >> name;
    const auto open = line.find('"', equals);
    const auto close = open == std::string::npos ? open : line.find('"', open + 1);
    if (name == key && close != std::string::npos) return line.substr(open + 1, close - open - 1);
  }
  return "";
}

Result<Context> context_of(const std::string& content, const std::string& key, const std::string& file) {
  const auto context = parse(value_of(content, key));
  if (!context) return fault("read SELinux contexts \"" + file + "\": no \"" + key + "\"");
  return *context;
}

}  // namespace

std::string mcs_pair(std::uint32_t n) {
  // Pairs a < b of 1024 categories, counted row by row: (0,1) (0,2) .. (0,1023) (1,2) ...
  constexpr std::uint32_t kCategories = 1024;
  n %= kCategories * (kCategories - 1) / 2;
  std::uint32_t a = 0;
  for (std::uint32_t row = kCategories - 1; n >= row; --row) {
    n -= row;
    ++a;
  }
  return "c" + std::to_string(a) + ",c" + std::to_string(a + 1 + n);
}

Result<Labels> labels(const ServiceSpec& service, const std::string& mcs) {
  const SecurityOptions& options = service.security;
  if (::is_selinux_enabled() != 1 || options.label_disable) return Labels{};
  // Privileged stays in our own domain, unless the file asks for another: which unconfined type a policy has
  // for it (spc_t in Fedora's, none in Debian's) lxc_contexts does not say.
  if (service.privileged && options.label_type.empty()) return Labels{};
  const std::string file = ::selinux_lxc_contexts_path();
  const std::string content = TRY(read_file(file));
  Context process = TRY(context_of(content, "process", file));
  Context mount = TRY(context_of(content, "file", file));
  // The pair is appended to the sensitivity of the file's own level ("s0" or "s0:c0,c1").
  const auto with_pair = [&](const std::string& level) {
    return level.substr(0, level.find(':')) + ":" + mcs;
  };
  process.level = options.label_level.empty() ? with_pair(process.level) : options.label_level;
  mount.level = options.label_level.empty() ? with_pair(mount.level) : options.label_level;
  if (!options.label_user.empty()) process.user = mount.user = options.label_user;
  if (!options.label_role.empty()) process.role = options.label_role;
  if (!options.label_type.empty()) process.type = options.label_type;
  if (::security_check_context(process.text().c_str()) != 0)
    return os_error("check SELinux context \"" + process.text() + "\"");
  if (::security_check_context(mount.text().c_str()) != 0)
    return os_error("check SELinux context \"" + mount.text() + "\"");
  return Labels{process.text(), mount.text()};
}

}  // namespace stack::security
