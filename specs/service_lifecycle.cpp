// When it is started, when it counts as well, what is done when it ends.
#include <limits>

#include "specs/image_reference.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

constexpr int kMostRetries = std::numeric_limits<int>::max();

struct DependencyReading {
  R& r;
  std::string name;
  Dependency dependency = {};
};

void condition(DependencyReading& d, const Node& node) {
  const std::string what = "condition of depends_on \"" + d.name + "\"";
  const auto text = d.r.reading.text(node, what);
  if (!text) return;
  d.r.mark("depends_on." + d.name + ".condition", node);
  if (*text == "service_started") {
    d.dependency.condition = DependsCondition::service_started;
  } else if (*text == "service_healthy") {
    d.dependency.condition = DependsCondition::service_healthy;
  } else if (*text == "service_completed_successfully") {
    d.dependency.condition = DependsCondition::service_completed_successfully;
  } else {
    d.r.reading.fault(
        node, FaultCode::invalid_value,
        "unknown condition \"" + *text + "\" in depends_on of " + d.r.reading.owner(),
        did_you_mean(*text, {"service_started", "service_healthy", "service_completed_successfully"},
                     "known are service_started, service_healthy and service_completed_successfully"));
  }
}

constexpr KeyRule<DependencyReading> kDependencyKeys[] = {
    {"condition", condition},
    {"restart",
     [](DependencyReading& d, const Node& n) {
       d.dependency.restart = d.r.reading.truth(n, "restart in depends_on").value_or(false);
     }},
    {"required",
     [](DependencyReading& d, const Node& n) {
       d.dependency.required = d.r.reading.truth(n, "required in depends_on").value_or(true);
     }},
};

std::string shell_test(const std::string& command, std::vector<std::string>& test) {
  test = {"/bin/sh", "-c", command};
  return "";
}

// What is wrong with it, or "". A text is CMD-SHELL; NONE leaves the test empty.
std::string read_test(const std::vector<std::string>& words, std::vector<std::string>& test) {
  if (words.empty()) return "is empty";
  const std::string& kind = words.front();
  if (kind == "NONE") return words.size() == 1 ? "" : "has words after NONE";
  if (kind == "CMD-SHELL")
    return words.size() == 2 ? shell_test(words[1], test) : "needs one text after CMD-SHELL";
  if (kind != "CMD") return "must begin with CMD, CMD-SHELL or NONE";
  if (words.size() == 1) return "needs a program after CMD";
  test.assign(words.begin() + 1, words.end());
  return "";
}

struct HealthcheckReading {
  R& r;
  Healthcheck check = {};
  bool has_test = false;
  bool is_disabled = false;
};

void test(HealthcheckReading& h, const Node& node) {
  h.has_test = true;
  if (node.is_scalar()) {
    if (node.text.empty())
      return h.r.reading.fault(node, FaultCode::missing_key,
                               h.r.reading.of("healthcheck.test") + " is empty");
    shell_test(node.text, h.check.test);
    return;
  }
  if (!node.is_list()) return h.r.reading.wrong(node, "healthcheck.test", "text or a list");
  const std::vector<std::string> words = h.r.reading.texts(node, "healthcheck.test");
  if (words.size() != node.items.size()) return;
  const std::string wrong = read_test(words, h.check.test);
  if (!wrong.empty())
    h.r.reading.fault(node, FaultCode::invalid_value, h.r.reading.of("healthcheck.test") + " " + wrong);
  h.is_disabled = h.is_disabled || (wrong.empty() && h.check.test.empty());
}

template <std::optional<Nanoseconds> Healthcheck::*Field, bool MayBeZero>
void period(HealthcheckReading& h, const Node& node, const char* what) {
  const auto value = h.r.reading.value(node, what, "a duration such as \"1m30s\"", scalars::duration);
  if (!value) return;
  // 0 asks for the default, as in Docker's API.
  if (MayBeZero || value->count() != 0) h.check.*Field = *value;
}

constexpr KeyRule<HealthcheckReading> kHealthcheckKeys[] = {
    {"test", test},
    {"disable",
     [](HealthcheckReading& h, const Node& n) {
       if (h.r.reading.truth(n, "healthcheck.disable").value_or(false)) h.is_disabled = true;
     }},
    {"interval", [](HealthcheckReading& h,
                    const Node& n) { period<&Healthcheck::interval, false>(h, n, "healthcheck.interval"); }},
    {"timeout", [](HealthcheckReading& h,
                   const Node& n) { period<&Healthcheck::timeout, false>(h, n, "healthcheck.timeout"); }},
    {"start_period",
     [](HealthcheckReading& h, const Node& n) {
       period<&Healthcheck::start_period, true>(h, n, "healthcheck.start_period");
     }},
    {"start_interval",
     [](HealthcheckReading& h, const Node& n) {
       period<&Healthcheck::start_interval, false>(h, n, "healthcheck.start_interval");
     }},
    {"retries",
     [](HealthcheckReading& h, const Node& n) {
       const auto retries = h.r.reading.integer(n, "healthcheck.retries", 0, kMostRetries);
       if (retries && *retries != 0) h.check.retries = static_cast<int>(*retries);
     }},
};

}  // namespace

void depends_on(R& r, const Node& node) {
  if (node.is_list()) {
    for (const Node& item : node.items) {
      const auto name = r.reading.text(item, "each item in depends_on");
      if (!name) continue;
      r.spec.depends_on[*name] = {};
      r.mark("depends_on." + *name, item);
    }
    return;
  }
  if (!node.is_map()) return r.reading.wrong(node, "depends_on", "a list or a map");
  for (const Entry& entry : node.entries) {
    DependencyReading d{r, entry.key};
    r.marks["depends_on." + entry.key] = entry.mark();
    if (entry.value.is_null()) {
      r.reading.fault(entry.value, FaultCode::missing_key,
                      "depends_on \"" + entry.key + "\" of " + r.reading.owner() + " has no condition");
    } else if (r.reading.is_map(entry.value, "depends_on \"" + entry.key + "\"")) {
      r.reading.keys<DependencyReading>(entry.value, "depends_on \"" + entry.key + "\"", kDependencyKeys, d);
    }
    r.spec.depends_on[entry.key] = d.dependency;
  }
}

void healthcheck(R& r, const Node& node) {
  if (!r.reading.is_map(node, "healthcheck")) return;
  HealthcheckReading h{r};
  r.reading.keys<HealthcheckReading>(node, "healthcheck", kHealthcheckKeys, h);
  if (h.is_disabled) {
    h.check = {};
    h.check.disable = true;
  }
  // An image may bring the test, and the file say only how often.
  if (!h.is_disabled && !h.has_test && !is_stored(r.spec.image))
    return r.reading.fault(node, FaultCode::missing_key, r.reading.of("healthcheck") + " has no \"test\"");
  r.spec.healthcheck = std::move(h.check);
}

void restart(R& r, const Node& node) {
  const auto text = r.reading.text(node, "restart");
  if (!text) return;
  const auto colon = text->find(':');
  const std::string kind = text->substr(0, colon);
  RestartPolicy policy;
  // What deploy.restart_policy says wins, wherever the two stand.
  const auto take = [&] {
    if (!r.spec.restart.from_deploy) r.spec.restart = policy;
  };
  if (kind == "on-failure") {
    policy = {RestartPolicy::Kind::on_failure, 0};
    if (colon == std::string::npos) return take();
    const auto most = scalars::integer(std::string_view(*text).substr(colon + 1));
    if (most && *most >= 0 && *most <= kMostRetries) {
      policy.max_retries = static_cast<int>(*most);
      return take();
    }
  } else if (*text == "no" || *text == "false") {
    policy = {};
    return take();
  } else if (*text == "always") {
    policy = {RestartPolicy::Kind::always, 0};
    return take();
  } else if (*text == "unless-stopped") {
    policy = {RestartPolicy::Kind::unless_stopped, 0};
    return take();
  }
  const std::string meant = nearest(kind, {"always", "unless-stopped", "on-failure"});
  r.reading.fault(node, FaultCode::invalid_value,
                  r.reading.of("restart") + " must be no, always, on-failure[:N] or unless-stopped, not \"" +
                      *text + "\"",
                  meant.empty() || meant == kind ? "" : "did you mean \"" + meant + "\"?");
}

// Which of them make it part of the stack is active_profiles.h's.
void profiles(R& r, const Node& node) {
  r.spec.profiles = r.reading.texts(node, "profiles");
}

}  // namespace stack::service_keys
