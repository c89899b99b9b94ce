// Where the service's programs come from, and for what machine.
#include <algorithm>

#include "specs/image_reference.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

using Policy = PullPolicy::Kind;

constexpr std::chrono::hours kDay{24};

// The time after "every_": 1w2d12h.
std::optional<Nanoseconds> age(std::string_view text) {
  struct Unit {
    char letter;
    std::int64_t seconds;
  };
  constexpr Unit kUnits[] = {{'w', 604'800}, {'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
  constexpr std::int64_t kMost = 100LL * 366 * 86'400;
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 9 || digits == text.size()) return std::nullopt;
    const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                    [&](const Unit& u) { return u.letter == text[digits]; });
    if (unit == std::end(kUnits)) return std::nullopt;
    total += std::stoll(std::string(text.substr(0, digits))) * unit->seconds;
    if (total > kMost) return std::nullopt;
    text.remove_prefix(digits + 1);
  }
  return total == 0 ? std::nullopt : std::optional<Nanoseconds>(std::chrono::seconds(total));
}

std::optional<PullPolicy> policy(const std::string& text) {
  if (text == "missing" || text == "if_not_present") return PullPolicy{Policy::missing};
  if (text == "always") return PullPolicy{Policy::always};
  if (text == "never") return PullPolicy{Policy::never};
  if (text == "build") return PullPolicy{Policy::build};
  if (text == "daily") return PullPolicy{Policy::every, kDay};
  if (text == "weekly") return PullPolicy{Policy::every, 7 * kDay};
  if (!text.starts_with("every_")) return std::nullopt;
  const auto wanted = age(std::string_view(text).substr(6));
  return wanted ? std::optional(PullPolicy{Policy::every, *wanted}) : std::nullopt;
}

bool is_platform_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

void image(R& r, const Node& node) {
  const auto text = r.reading.text(node, "image");
  if (!text) return;
  if (text->empty())
    return r.reading.fault(node, FaultCode::missing_key, r.reading.of("image") + " is empty");
  auto image = parse_image(*text, r.around.project_directory, r.around.home);
  if (!image)
    return r.reading.fault(node, FaultCode::invalid_value, r.reading.of("image") + ": " + image.error().words,
                           image_hint(*text));
  r.spec.image = std::move(image).value();
}

void pull_policy(R& r, const Node& node) {
  const auto text = r.reading.text(node, "pull_policy");
  if (!text) return;
  r.mark("pull_policy", node);
  if (const auto wanted = policy(*text)) {
    r.spec.pull_policy = *wanted;
    return;
  }
  r.reading.fault(
      node, FaultCode::invalid_value,
      r.reading.of("pull_policy") +
          " must be always, never, missing, build, daily, weekly or every_DURATION such as "
          "every_12h, not \"" +
          *text + "\"",
      did_you_mean(*text, {"always", "never", "missing", "if_not_present", "build", "daily", "weekly"}));
}

std::optional<std::string> platform_name(R& r, const Node& node, const std::string& what) {
  const auto text = r.reading.text(node, what);
  if (!text) return std::nullopt;
  const std::vector<std::string> parts = split(*text, '/');
  if (parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), is_platform_word)) {
    r.reading.wrong(node, what, "an operating system and architecture such as \"linux/arm64\"");
    return std::nullopt;
  }
  if (parts.size() == 1) return "linux/" + *text;
  if (parts[0] == "linux") return text;
  r.reading.fault(node, FaultCode::never_kept,
                  r.reading.of(what) + ": programs for \"" + parts[0] + "\" do not run on Linux",
                  "\"linux/" + parts[1] + "\" do");
  return std::nullopt;
}

void platform(R& r, const Node& node) {
  r.mark("platform", node);
  r.spec.platform = platform_name(r, node, "platform").value_or("");
}

}  // namespace stack::service_keys
