// `develop`: what is done while files of the host are watched. Compose's docs on it: develop.md of the
// Compose Specification.
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

using Action = WatchRule::Action;

constexpr std::pair<const char*, Action> kActions[] = {
    {"rebuild", Action::rebuild},           {"restart", Action::restart},     {"sync", Action::sync},
    {"sync+restart", Action::sync_restart}, {"sync+exec", Action::sync_exec},
};

std::optional<Action> action_of(const std::string& text) {
  for (const auto& [name, action] : kActions)
    if (text == name) return action;
  return std::nullopt;
}

struct RuleReading {
  R& r;
  WatchRule rule = {};
  std::optional<Action> action = {};
};

void action(RuleReading& w, const Node& node) {
  w.action = w.r.reading.value(node, "action in develop.watch",
                               "rebuild, restart, sync, sync+restart or sync+exec", action_of);
}

void exec(RuleReading& w, const Node& node) {
  w.rule.exec = hook_of(w.r, node, "develop.watch.exec");
}

void path(RuleReading& w, const Node& node) {
  const auto text = w.r.reading.text(node, "path in develop.watch");
  if (text && text->empty())
    return w.r.reading.fault(node, FaultCode::invalid_value,
                             w.r.reading.of("path in develop.watch") + " is empty");
  if (text) w.rule.path = absolute_path(*text, w.r.around);
}

void target(RuleReading& w, const Node& node) {
  const auto text = w.r.reading.text(node, "target in develop.watch");
  if (text && !text->starts_with('/'))
    return w.r.reading.wrong(node, "target in develop.watch", "an absolute path");
  w.rule.target = text.value_or("");
}

constexpr KeyRule<RuleReading> kRuleKeys[] = {
    {"action", action},
    {"exec", exec},
    {"ignore",
     [](RuleReading& w, const Node& n) {
       w.rule.ignore = w.r.reading.text_or_texts(n, "ignore in develop.watch");
     }},
    {"include",
     [](RuleReading& w, const Node& n) {
       w.rule.include = w.r.reading.text_or_texts(n, "include in develop.watch");
     }},
    {"initial_sync",
     [](RuleReading& w, const Node& n) {
       w.rule.initial_sync = w.r.reading.truth(n, "initial_sync in develop.watch").value_or(false);
     }},
    {"path", path},
    {"target", target},
};

bool is_sync(Action action) {
  return action == Action::sync || action == Action::sync_restart || action == Action::sync_exec;
}

// What an action must have, and what says nothing beside it.
void check_parts(RuleReading& w, const Node& item) {
  const auto needs = [&](const char* key) {
    if (item.find(key) == nullptr)
      w.r.reading.fault(*item.find("action"), FaultCode::missing_key,
                        w.r.reading.of("develop.watch") + ": action \"" + item.find("action")->text +
                            "\" needs a \"" + key + "\"");
  };
  const auto means_nothing = [&](const char* key) {
    if (const Node* node = item.find(key); node != nullptr)
      w.r.reading.warn(*node, FaultCode::no_effect,
                       std::string(key) + " in " + w.r.reading.of("develop.watch") +
                           " means nothing with action \"" + item.find("action")->text + "\"");
  };
  if (is_sync(*w.action)) {
    needs("target");
  } else {
    means_nothing("target");
    means_nothing("initial_sync");
  }
  if (*w.action == Action::sync_exec)
    needs("exec");
  else
    means_nothing("exec");
}

void read_rule(R& r, const Node& item) {
  if (!r.reading.is_map(item, "each item in develop.watch")) return;
  RuleReading w{r};
  r.reading.keys<RuleReading>(item, "develop.watch", kRuleKeys, w);
  for (const char* key : {"path", "action"})
    if (item.find(key) == nullptr)
      r.reading.fault(item, FaultCode::missing_key,
                      r.reading.of("develop.watch") + " needs a \"" + key + "\"");
  if (!w.action) return;
  check_parts(w, item);
  w.rule.action = *w.action;
  r.spec.develop.push_back(std::move(w.rule));
}

constexpr KeyRule<R> kDevelopKeys[] = {
    {"watch",
     [](R& r, const Node& n) {
       if (!r.reading.is_list(n, "develop.watch")) return;
       for (const Node& item : n.items) read_rule(r, item);
     }},
};

}  // namespace

void develop(R& r, const Node& node) {
  if (node.is_null()) return;
  if (r.reading.is_map(node, "develop")) r.reading.keys<R>(node, "develop", kDevelopKeys, r);
}

}  // namespace stack::service_keys
