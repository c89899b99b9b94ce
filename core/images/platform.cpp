#include "core/images/platform.h"

#include <sys/utsname.h>

#include <algorithm>
#include <map>
#include <vector>

#include "specs/text.h"

namespace stack {
namespace {

// GOARCH and the variant that is meant where none is said (containerd platforms, database.go).
Platform normal(Platform platform) {
  static const std::map<std::string, Platform> kOtherNames = {
      {"x86_64", {"", "amd64", ""}}, {"x86-64", {"", "amd64", ""}}, {"aarch64", {"", "arm64", ""}},
      {"armhf", {"", "arm", "v7"}},  {"armv7l", {"", "arm", "v7"}}, {"armel", {"", "arm", "v6"}},
      {"armv6l", {"", "arm", "v6"}}, {"i386", {"", "386", ""}},     {"i486", {"", "386", ""}},
      {"i586", {"", "386", ""}},     {"i686", {"", "386", ""}},
  };
  const auto other = kOtherNames.find(platform.architecture);
  if (other != kOtherNames.end()) {
    platform.architecture = other->second.architecture;
    if (platform.variant.empty()) platform.variant = other->second.variant;
  }
  if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
  if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
  if (platform.architecture == "arm" && platform.variant.empty()) platform.variant = "v7";
  return platform;
}

Platform of_this_machine() {
  utsname names{};
  ::uname(&names);
  return normal({"linux", names.machine, ""});
}

bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

Result<Platform> parse_platform(const std::string& text) {
  if (text.empty()) return of_this_machine();
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), is_word))
    return fault("platform \"" + text +
                 "\": write os/architecture or os/architecture/variant, \"linux/arm64\" say");
  if (parts.size() == 1) return normal({"linux", parts[0], ""});
  return normal({parts[0], parts[1], parts.size() == 3 ? parts[2] : ""});
}

std::string canonical_platform(const Platform& platform) {
  const Platform one = normal(platform);
  return one.os + "/" + one.architecture + (one.variant.empty() ? "" : "/" + one.variant);
}

int platform_distance(const Platform& wanted, const Platform& image) {
  const Platform want = normal(wanted);
  const Platform have = normal(image);
  if (want.os != have.os || want.architecture != have.architecture) return -1;
  if (want.variant == have.variant) return 0;
  if (have.variant.empty()) return 1;
  // A newer arm runs what was built for an older one.
  if (want.architecture != "arm" || want.variant.size() != 2 || have.variant.size() != 2) return -1;
  const int older = want.variant[1] - have.variant[1];
  return older > 0 ? older : -1;
}

}  // namespace stack
