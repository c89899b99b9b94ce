// Values out of a Node tree. Each that is not of its form is a fault at its place, in the words
// `mem_limit of service "web" must be a size such as "512m", not "64q"`, and reading goes on behind it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "specs/diagnostics.h"
#include "specs/document.h"
#include "specs/result.h"

namespace stack {

// What a map may hold. A key without a reader is Compose's, but not done yet.
template <typename T>
struct KeyRule {
  std::string_view key;
  void (*read)(T& into, const Node& value);
};

struct Pair {
  std::string name;
  std::optional<std::string> value;  // absent: the name stands alone, or its value is null
  const Node* node = nullptr;
};

class Reading {
 public:
  // `owner` ends the messages: `service "web"`.
  Reading(Diagnostics& diagnostics, std::string owner)
      : diagnostics_(diagnostics), owner_(std::move(owner)) {}

  void fault(const Node& at, FaultCode code, std::string message, std::string hint = "");
  // `WHAT of OWNER must be EXPECTED, not "TEXT"`: a wrong type where `expected` is one or it is not text at
  // all.
  void wrong(const Node& at, const std::string& what, const std::string& expected);
  void warn(const Node& at, FaultCode code, std::string message, std::string hint = "");
  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] std::string of(const std::string& what) const;
  [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }

  bool is_map(const Node& node, const std::string& what);
  bool is_list(const Node& node, const std::string& what);

  std::optional<std::string> text(const Node& node, const std::string& what);
  std::vector<std::string> texts(const Node& node, const std::string& what);  // a list
  std::vector<std::string> text_or_texts(const Node& node,
                                         const std::string& what);  // a text is a list of one
  std::vector<std::string> words(const Node& node,
                                 const std::string& what);  // a list, or a text split as by a shell
  std::vector<Pair> pairs(const Node& node, const std::string& what);  // a map, or a list of NAME=VALUE
  std::map<std::string, std::string> text_map(const Node& node, const std::string& what);

  // One of the readers of scalars.h over the text.
  template <typename Parse>
  auto value(const Node& node, const std::string& what, const std::string& expected, Parse parse)
      -> decltype(parse(node.text)) {
    if (node.is_scalar()) {
      if (auto parsed = parse(node.text)) return parsed;
    }
    wrong(node, what, expected);
    return std::nullopt;
  }
  std::optional<bool> truth(const Node& node, const std::string& what);
  std::optional<std::int64_t> integer(const Node& node, const std::string& what, std::int64_t least,
                                      std::int64_t most);

  // Reads each key by its rule; a key that has none is a fault with the nearest valid name. `what` is "" for
  // the owner itself.
  template <typename T>
  void keys(const Node& map, const std::string& what, std::span<const KeyRule<T>> rules, T& into) {
    for (const Entry& entry : map.entries) {
      const KeyRule<T>* rule = nullptr;
      for (const KeyRule<T>& one : rules) {
        if (entry.key == one.key) rule = &one;
      }
      if (rule != nullptr && rule->read != nullptr) {
        rule->read(into, entry.value);
      } else if (rule != nullptr) {
        not_yet(entry);
      } else {
        std::vector<std::string> names;
        for (const KeyRule<T>& one : rules) names.emplace_back(one.key);
        unknown(entry, what, names);
      }
    }
  }
  void not_yet(const Entry& entry);
  void unknown(const Entry& entry, const std::string& what, const std::vector<std::string>& names);

 private:
  Diagnostics& diagnostics_;
  std::string owner_;
};

}  // namespace stack
