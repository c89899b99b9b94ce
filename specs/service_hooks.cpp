// Commands run in the container beside its program: post_start, pre_stop, and exec of develop.watch.
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

struct HookReading {
  R& r;
  const char* key;  // "post_start"
  Hook hook = {};

  [[nodiscard]] std::string what(const char* part) const { return std::string(part) + " in " + key; }
};

void environment_of(HookReading& h, const Node& node) {
  for (Pair& pair : h.r.reading.pairs(node, h.what("environment"))) {
    const auto own = h.r.around.environment->find(pair.name);
    if (pair.value) {
      h.hook.environment[pair.name] = *std::move(pair.value);
    } else if (own != h.r.around.environment->end()) {
      h.hook.environment[pair.name] = own->second;
    }
  }
}

constexpr KeyRule<HookReading> kHookKeys[] = {
    {"command",
     [](HookReading& h, const Node& n) { h.hook.command = h.r.reading.words(n, h.what("command")); }},
    {"environment", environment_of},
    {"privileged",
     [](HookReading& h, const Node& n) {
       h.hook.privileged = h.r.reading.truth(n, h.what("privileged")).value_or(false);
     }},
    {"user",
     [](HookReading& h, const Node& n) { h.hook.user = h.r.reading.text(n, h.what("user")).value_or(""); }},
    {"working_dir",
     [](HookReading& h, const Node& n) {
       const auto path = h.r.reading.text(n, h.what("working_dir"));
       if (path && !path->starts_with('/'))
         return h.r.reading.wrong(n, h.what("working_dir"), "an absolute path");
       h.hook.working_dir = path.value_or("");
     }},
};

std::vector<Hook> hooks(R& r, const Node& node, const char* key) {
  std::vector<Hook> all;
  if (!r.reading.is_list(node, key)) return all;
  for (const Node& item : node.items) {
    if (!r.reading.is_map(item, std::string("each item in ") + key)) continue;
    if (auto hook = hook_of(r, item, key)) all.push_back(*std::move(hook));
  }
  return all;
}

}  // namespace

std::optional<Hook> hook_of(R& r, const Node& node, const char* what) {
  HookReading h{r, what};
  if (!r.reading.is_map(node, what)) return std::nullopt;
  r.reading.keys<HookReading>(node, what, kHookKeys, h);
  if (h.hook.command.empty() && node.find("command") == nullptr)
    r.reading.fault(node, FaultCode::missing_key, r.reading.of(what) + " needs a \"command\"");
  else if (h.hook.command.empty())
    r.reading.fault(*node.find("command"), FaultCode::missing_key,
                    r.reading.of(h.what("command")) + " is empty");
  return std::move(h.hook);
}

void post_start(R& r, const Node& node) {
  r.spec.post_start = hooks(r, node, "post_start");
}
void pre_stop(R& r, const Node& node) {
  r.spec.pre_stop = hooks(r, node, "pre_stop");
}

}  // namespace stack::service_keys
