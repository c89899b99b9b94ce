#include "specs/mounting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "specs/scalars.h"

namespace stack {
namespace {

constexpr std::array<std::string_view, 6> kPropagations = {"rprivate", "private", "rshared",
                                                           "shared",   "rslave",  "slave"};
constexpr std::array<std::string_view, 3> kConsistencies = {"consistent", "cached", "delegated"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::int64_t> octal(std::string_view text) {
  if (text.starts_with("0o")) text.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::string octal_text(std::int64_t bits) {
  char text[32];
  std::snprintf(text, sizeof text, "0%llo", static_cast<unsigned long long>(bits));
  return text;
}

}  // namespace

std::string tidy_target(const std::string& target) {
  std::string path = absolute_path(target, {});
  // "/.." is "/" and "//" is too.
  path.erase(0, path.find_first_not_of('/') == std::string::npos ? path.size() : path.find_first_not_of('/'));
  return "/" + path;
}

std::optional<std::string> propagation_word(const std::string& text) {
  return is_one_of(text, kPropagations) ? std::optional(text) : std::nullopt;
}
std::optional<std::string> selinux_word(const std::string& text) {
  return text == "z" || text == "Z" ? std::optional(text) : std::nullopt;
}

bool is_consistency(const std::string& text) {
  return is_one_of(text, kConsistencies);
}

bool is_path(const std::string& source) {
  return source.starts_with('/') || source.starts_with('.') || source.starts_with('~');
}

// The key of a volume as source of the mount.
bool name_volume(ServiceReading& r, const Node& node, const std::string& key, Mount& mount) {
  mount.type = Mount::Type::volume;
  if (key.find('/') != std::string::npos) {
    r.reading.fault(node, FaultCode::invalid_name,
                    "\"" + key + "\" in " + r.reading.of("volumes") + " is no name of a volume",
                    is_path(key) ? "a folder of the host is of type bind"
                                 : "a folder of the project is \"./" + key + "\"");
    return false;
  }
  mount.source = key;
  return true;
}

void warn_meaningless(ServiceReading& r, const Node& node, const std::string& word) {
  r.reading.warn(node, FaultCode::no_effect,
                 "\"" + word + "\" of a volume means nothing on Linux and can go");
}

bool add_mount(ServiceReading& r, const Node& node, Mount mount) {
  if (!mount.target.starts_with('/')) {
    r.reading.fault(node, FaultCode::invalid_value,
                    r.reading.of("volumes") + ": target \"" + mount.target + "\" is not an absolute path");
    return false;
  }
  mount.target = tidy_target(mount.target);
  if (mount.target == "/") {
    r.reading.fault(node, FaultCode::invalid_value,
                    r.reading.of("volumes") + ": nothing can be mounted on \"/\"");
    return false;
  }
  const std::string key = "mounts." + mount.target;
  auto& all = r.spec.mounts;
  const auto at = std::lower_bound(all.begin(), all.end(), mount.target,
                                   [](const Mount& m, const std::string& t) { return m.target < t; });
  const bool is_there = at != all.end() && at->target == mount.target;
  if (is_there) {
    r.reading.fault(node, FaultCode::target_conflict,
                    "two mounts on \"" + mount.target + "\" in " + r.reading.owner(),
                    "the other is on line " + std::to_string(r.marks[key].pos.line));
    return false;
  }
  all.insert(at, std::move(mount));
  r.mark(key, node);
  return true;
}

std::optional<std::uint32_t> permission_bits(Reading& reading, const Node& node, const std::string& what,
                                             std::uint32_t most) {
  std::optional<std::int64_t> bits;
  if (node.is_scalar()) bits = node.quoted ? octal(node.text) : scalars::integer(node.text);
  if (!bits || *bits < 0 || *bits > most) {
    const bool meant_octal =
        node.is_scalar() && octal(node.text).value_or(-1) >= 0 && octal(node.text).value_or(-1) <= most;
    reading.fault(node, FaultCode::invalid_value,
                  reading.of(what) + " must be permission bits such as \"0440\", not " +
                      (node.is_scalar() ? "\"" + node.text + "\"" : "a list or a map"),
                  meant_octal ? "\"0" + node.text + "\" is octal" : "");
    return std::nullopt;
  }
  const bool looks_octal =
      !node.quoted && node.text.size() >= 3 && node.text.front() != '0' && octal(node.text);
  if (looks_octal) {
    reading.warn(node, FaultCode::suspicious_value,
                 reading.of(what) + " is a decimal number, " + octal_text(*bits) + " in octal",
                 "\"0" + node.text + "\" is octal");
  }
  return static_cast<std::uint32_t>(*bits);
}

}  // namespace stack
