#include "specs/reading.h"

#include "specs/scalars.h"

namespace stack {
namespace {

std::string shortened(const std::string& text) {
  if (text.size() <= 60) return text;
  std::size_t end = 57;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

std::string shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "\"" + shortened(node.text) + "\"";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

std::string hint_of(const Node& node, std::string hint) {
  const Origin* const unset = unset_in(node.origins);
  return hint.empty() && unset != nullptr ? words_of(*unset) : hint;
}

}  // namespace

std::string Reading::of(const std::string& what) const {
  return what.empty() ? owner_ : what + " of " + owner_;
}

void Reading::fault(const Node& at, FaultCode code, std::string message, std::string hint) {
  diagnostics_.error(at.mark(), code, std::move(message), hint_of(at, std::move(hint)));
}

void Reading::wrong(const Node& at, const std::string& what, const std::string& expected) {
  const bool is_type = !at.is_scalar() || expected.find("a map") != std::string::npos ||
                       expected.find("a list") != std::string::npos;
  fault(at, is_type ? FaultCode::wrong_type : FaultCode::invalid_value,
        of(what) + " must be " + expected + ", not " + shown(at));
}

void Reading::warn(const Node& at, FaultCode code, std::string message, std::string hint) {
  diagnostics_.warning(at.mark(), code, std::move(message), hint_of(at, std::move(hint)));
}

void Reading::not_yet(const Entry& entry) {
  diagnostics_.error(entry.mark(), FaultCode::not_yet, "key \"" + entry.key + "\" is not supported yet");
}

void Reading::unknown(const Entry& entry, const std::string& what, const std::vector<std::string>& names) {
  if (entry.key.starts_with("x-")) return;
  diagnostics_.error(entry.mark(), FaultCode::unknown_key,
                     "unknown key \"" + shortened(entry.key) + "\" in " + of(what),
                     did_you_mean(entry.key, names));
}

bool Reading::is_map(const Node& node, const std::string& what) {
  if (node.is_map()) return true;
  wrong(node, what, "a map");
  return false;
}

bool Reading::is_list(const Node& node, const std::string& what) {
  if (node.is_list()) return true;
  wrong(node, what, "a list");
  return false;
}

std::optional<std::string> Reading::text(const Node& node, const std::string& what) {
  if (node.is_scalar()) return node.text;
  wrong(node, what, "text");
  return std::nullopt;
}

std::vector<std::string> Reading::texts(const Node& node, const std::string& what) {
  std::vector<std::string> all;
  if (!is_list(node, what)) return all;
  for (const Node& item : node.items) {
    if (auto one = text(item, "each item in " + what)) all.push_back(*std::move(one));
  }
  return all;
}

std::vector<std::string> Reading::text_or_texts(const Node& node, const std::string& what) {
  if (node.is_scalar()) return {node.text};
  if (node.is_list()) return texts(node, what);
  wrong(node, what, "text or a list");
  return {};
}

std::vector<std::string> Reading::words(const Node& node, const std::string& what) {
  if (node.is_list()) return texts(node, what);
  if (!node.is_scalar()) {
    wrong(node, what, "text or a list");
    return {};
  }
  if (auto split = scalars::words(node.text)) return *std::move(split);
  fault(node, FaultCode::invalid_value, of(what) + " has a quote that is not closed");
  return {};
}

std::vector<Pair> Reading::pairs(const Node& node, const std::string& what) {
  std::vector<Pair> all;
  if (node.is_map()) {
    for (const Entry& entry : node.entries) {
      if (entry.value.is_null()) {
        all.push_back({entry.key, std::nullopt, &entry.value});
      } else if (auto value = text(entry.value, "\"" + entry.key + "\" in " + what)) {
        all.push_back({entry.key, std::move(value), &entry.value});
      }
    }
    return all;
  }
  if (!node.is_list()) {
    wrong(node, what, "a map or a list of NAME=VALUE");
    return all;
  }
  for (const Node& item : node.items) {
    const auto line = text(item, "each item in " + what);
    if (!line) continue;
    const auto equals = line->find('=');
    std::string name = line->substr(0, equals);
    if (name.empty()) {
      fault(item, FaultCode::invalid_value, of(what) + " needs a name before \"=\"");
    } else if (equals == std::string::npos) {
      all.push_back({std::move(name), std::nullopt, &item});
    } else {
      all.push_back({std::move(name), line->substr(equals + 1), &item});
    }
  }
  return all;
}

std::map<std::string, std::string> Reading::text_map(const Node& node, const std::string& what) {
  std::map<std::string, std::string> all;
  for (Pair& pair : pairs(node, what)) all[std::move(pair.name)] = std::move(pair.value).value_or("");
  return all;
}

std::optional<bool> Reading::truth(const Node& node, const std::string& what) {
  return value(node, what, "true or false", scalars::truth);
}

std::optional<std::int64_t> Reading::integer(const Node& node, const std::string& what, std::int64_t least,
                                             std::int64_t most) {
  const auto number = node.is_scalar() ? scalars::integer(node.text) : std::nullopt;
  if (number && *number >= least && *number <= most) return number;
  wrong(node, what, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

}  // namespace stack
