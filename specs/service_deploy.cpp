// `deploy` of one host: limits, the restart policy and updates. What places services on the machines of a
// swarm is said to mean nothing here.
#include <limits>

#include "specs/replicas.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

void means_nothing(R& r, const Node& node, const char* key, const char* why) {
  if (!node.is_null())
    r.reading.warn(node, FaultCode::no_effect,
                   r.reading.of(std::string("deploy.") + key) + " means nothing on one host: " + why);
}

constexpr ServiceKey kLimitKeys[] = {
    {"cpus", cpus},
    {"memory", mem_limit},
    {"pids", pids_limit},
};
constexpr ServiceKey kReservationKeys[] = {
    {"cpus",
     [](R& r, const Node& n) {
       means_nothing(r, n, "resources.reservations.cpus", "it chooses a machine of a swarm");
     }},
    {"devices",
     [](R& r, const Node& n) {
       if (n.is_list() && n.items.empty()) return;
       r.reading.fault(n, FaultCode::never_kept,
                       "deploy.resources.reservations.devices of " + r.reading.owner() +
                           " cannot be kept: what a GPU needs is known to its vendor's tools alone",
                       "\"devices\" and \"volumes\" give the nodes and libraries of a device");
     }},
    {"generic_resources",
     [](R& r, const Node& n) {
       means_nothing(r, n, "resources.reservations.generic_resources", "they choose a machine of a swarm");
     }},
    {"memory", mem_reservation},
};
constexpr ServiceKey kResourceKeys[] = {
    {"limits",
     [](R& r, const Node& n) {
       if (r.reading.is_map(n, "deploy.resources.limits"))
         r.reading.keys<R>(n, "deploy.resources.limits", kLimitKeys, r);
     }},
    {"reservations",
     [](R& r, const Node& n) {
       if (r.reading.is_map(n, "deploy.resources.reservations")) {
         r.reading.keys<R>(n, "deploy.resources.reservations", kReservationKeys, r);
       }
     }},
};

void count(R& r, const Node& node, const char* key, std::optional<int>& into) {
  if (node.is_null()) return;
  if (const auto number = r.reading.integer(node, key, 0, kMostReplicas)) into = static_cast<int>(*number);
}
void replicas(R& r, const Node& node) {
  count(r, node, "deploy.replicas", r.spec.replicas);
}

// A job runs to its end a number of times, which nothing here counts.
void mode(R& r, const Node& node) {
  const auto text = r.reading.text(node, "deploy.mode");
  if (!text || *text == "replicated") return;
  if (*text == "global") return means_nothing(r, node, "mode", "\"global\" is one container a machine");
  if (*text == "replicated-job" || *text == "global-job") {
    return r.reading.fault(node, FaultCode::never_kept,
                           r.reading.of("deploy.mode") + " cannot be kept: a job is of a swarm's managers",
                           "a service with \"restart: no\" runs once");
  }
  r.reading.fault(node, FaultCode::invalid_value,
                  r.reading.of("deploy.mode") + " must be replicated or global, not \"" + *text + "\"",
                  did_you_mean(*text, {"replicated", "global"}));
}

void endpoint_mode(R& r, const Node& node) {
  const auto text = r.reading.text(node, "deploy.endpoint_mode");
  if (!text) return;
  if (*text != "vip" && *text != "dnsrr")
    return r.reading.wrong(node, "deploy.endpoint_mode", "vip or dnsrr");
  means_nothing(r, node, "endpoint_mode", "a name always leads to the container's own address");
}

struct RestartReading {
  R& r;
  RestartPolicy policy = {};
};

void condition(RestartReading& p, const Node& node) {
  const auto text = p.r.reading.text(node, "deploy.restart_policy.condition");
  if (!text) return;
  using Kind = RestartPolicy::Kind;
  // Compose takes the words of `restart` too.
  const std::pair<const char*, Kind> words[] = {
      {"any", Kind::always},    {"none", Kind::no}, {"on-failure", Kind::on_failure},
      {"always", Kind::always}, {"no", Kind::no},   {"unless-stopped", Kind::unless_stopped}};
  for (const auto& [word, kind] : words) {
    if (*text != word) continue;
    p.policy.kind = kind;
    return;
  }
  p.r.reading.fault(node, FaultCode::invalid_value,
                    p.r.reading.of("deploy.restart_policy.condition") +
                        " must be none, on-failure or any, not \"" + *text + "\"",
                    did_you_mean(*text, {"any", "none", "on-failure"}));
}

// 0 is what holds without the key.
template <std::optional<Nanoseconds> RestartPolicy::*Field>
void pause(RestartReading& p, const Node& node, const char* what) {
  const auto value = p.r.reading.value(node, what, "a duration such as \"5s\"", scalars::duration);
  if (value && value->count() != 0) p.policy.*Field = *value;
}

constexpr KeyRule<RestartReading> kRestartKeys[] = {
    {"condition", condition},
    {"delay", [](RestartReading& p,
                 const Node& n) { pause<&RestartPolicy::delay>(p, n, "deploy.restart_policy.delay"); }},
    {"max_attempts",
     [](RestartReading& p, const Node& n) {
       p.policy.max_retries = static_cast<int>(
           p.r.reading.integer(n, "deploy.restart_policy.max_attempts", 0, std::numeric_limits<int>::max())
               .value_or(0));
     }},
    {"window", [](RestartReading& p,
                  const Node& n) { pause<&RestartPolicy::window>(p, n, "deploy.restart_policy.window"); }},
};

// In place of `restart`, as Docker Compose has it.
void restart_policy(R& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "deploy.restart_policy")) return;
  RestartReading p{r};
  p.policy.kind = RestartPolicy::Kind::always;  // "any"
  p.policy.from_deploy = true;
  r.reading.keys<RestartReading>(node, "deploy.restart_policy", kRestartKeys, p);
  r.spec.restart = p.policy;
}

constexpr ServiceKey kDeployKeys[] = {
    {"endpoint_mode", endpoint_mode},
    {"labels",
     [](R& r, const Node& n) {
       means_nothing(r, n, "labels", "they are a swarm's; \"labels\" are the container's");
     }},
    {"mode", mode},
    {"placement", [](R& r, const Node& n) { means_nothing(r, n, "placement", "there is one place"); }},
    {"replicas", replicas},
    {"resources",
     [](R& r, const Node& n) {
       if (r.reading.is_map(n, "deploy.resources"))
         r.reading.keys<R>(n, "deploy.resources", kResourceKeys, r);
     }},
    {"restart_policy", restart_policy},
    {"rollback_config", rollback_config},
    {"update_config", update_config},
};

}  // namespace

void scale(R& r, const Node& node) {
  count(r, node, "scale", r.spec.scale);
}

void deploy(R& r, const Node& node) {
  if (r.reading.is_map(node, "deploy")) r.reading.keys<R>(node, "deploy", kDeployKeys, r);
}

}  // namespace stack::service_keys
