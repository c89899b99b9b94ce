// deploy.update_config and rollback_config.
#include <limits>

#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

using OnFailure = UpdateConfig::OnFailure;

constexpr std::uint64_t kBillion = 1'000'000'000;

struct UpdateReading {
  R& r;
  const char* key;  // "deploy.update_config"
  bool of_rollback;
  UpdateConfig config = {};

  [[nodiscard]] std::string name_of(const char* sub_key) const { return std::string(key) + "." + sub_key; }
};

void parallelism(UpdateReading& u, const Node& node) {
  const auto number = u.r.reading.integer(node, u.name_of("parallelism"), 0, std::numeric_limits<int>::max());
  if (number) u.config.parallelism = static_cast<int>(*number);
}

std::optional<Nanoseconds> span(UpdateReading& u, const Node& node, const char* sub_key) {
  return u.r.reading.value(node, u.name_of(sub_key), "a duration such as \"5s\"", scalars::duration);
}

// As in a swarm, none at all is not to be had: 0 is the default.
void monitor(UpdateReading& u, const Node& node) {
  const auto value = span(u, node, "monitor");
  if (value && value->count() != 0) u.config.monitor = *value;
}

void failure_action(UpdateReading& u, const Node& node) {
  const auto text = u.r.reading.text(node, u.name_of("failure_action"));
  if (!text) return;
  if (*text == "pause")
    u.config.on_failure = OnFailure::pause;
  else if (*text == "continue")
    u.config.on_failure = OnFailure::go_on;
  else if (*text == "rollback" && !u.of_rollback)
    u.config.on_failure = OnFailure::roll_back;
  else if (*text == "rollback")
    u.r.reading.fault(node, FaultCode::invalid_value,
                      u.r.reading.of(u.name_of("failure_action")) +
                          " must be pause or continue: nothing is behind what is rolled back to");
  else
    u.r.reading.fault(node, FaultCode::invalid_value,
                      u.r.reading.of(u.name_of("failure_action")) +
                          " must be pause, continue or rollback, not \"" + *text + "\"",
                      did_you_mean(*text, {"pause", "continue", "rollback"}));
}

void max_failure_ratio(UpdateReading& u, const Node& node) {
  const auto ratio =
      u.r.reading.value(node, u.name_of("max_failure_ratio"), "a number from 0 to 1",
                        [](std::string_view text) -> std::optional<std::uint64_t> {
                          const auto billionths = scalars::nano_cpus(text);
                          if (text == "0") return 0;
                          return billionths && *billionths <= kBillion ? billionths : std::nullopt;
                        });
  if (ratio) u.config.max_failure_ratio = *ratio;
}

void order(UpdateReading& u, const Node& node) {
  const auto text = u.r.reading.text(node, u.name_of("order"));
  if (!text || *text == "stop-first") return;
  if (*text == "start-first")
    return u.r.reading.fault(node, FaultCode::not_yet,
                             u.r.reading.of(u.name_of("order")) + " \"start-first\" is not supported yet");
  u.r.reading.fault(
      node, FaultCode::invalid_value,
      u.r.reading.of(u.name_of("order")) + " must be stop-first or start-first, not \"" + *text + "\"",
      did_you_mean(*text, {"stop-first", "start-first"}));
}

constexpr KeyRule<UpdateReading> kKeys[] = {
    {"delay",
     [](UpdateReading& u, const Node& n) { u.config.delay = span(u, n, "delay").value_or(Nanoseconds(0)); }},
    {"failure_action", failure_action},
    {"max_failure_ratio", max_failure_ratio},
    {"monitor", monitor},
    {"order", order},
    {"parallelism", parallelism},
};

void read(R& r, const Node& node, const char* key, bool of_rollback, std::optional<UpdateConfig>& into) {
  if (node.is_null() || !r.reading.is_map(node, key)) return;
  UpdateReading u{r, key, of_rollback};
  r.reading.keys<UpdateReading>(node, key, kKeys, u);
  into = u.config;
}

}  // namespace

void rollback_config(R& r, const Node& node) {
  read(r, node, "deploy.rollback_config", true, r.spec.rollback_config);
}

void update_config(R& r, const Node& node) {
  read(r, node, "deploy.update_config", false, r.spec.update_config);
}

}  // namespace stack::service_keys
