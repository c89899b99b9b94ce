// Whose IPC, PID, UTS and user namespace, and what Compose has no word for.
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

using Kind = NamespaceMode::Kind;

// What ipc and pid have in common. False where the text is none of it.
bool shared_mode(R& r, const Node& node, const char* key, const std::string& text, NamespaceMode& mode) {
  if (text == "host") {
    mode.kind = Kind::host;
  } else if (text.starts_with("service:")) {
    mode = {Kind::service, text.substr(8), false};
    r.mark(key, node);
  } else if (text.starts_with("container:")) {
    r.reading.fault(node, FaultCode::not_yet, std::string(key) + " \"container:\" is not supported yet",
                    "a service of the file is \"service:NAME\"");
  } else {
    return false;
  }
  return true;
}

std::optional<std::string> pod_name(const std::string& text) {
  const bool valid =
      !text.empty() && text.size() <= 63 &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
          std::string::npos;
  return valid ? std::optional(text) : std::nullopt;
}

constexpr KeyRule<ServiceReading> kBandwidthKeys[] = {
    {"ingress",
     [](R& r, const Node& n) {
       r.spec.bandwidth.ingress =
           r.reading.value(n, "bandwidth.ingress in x-stack", "a rate such as \"10mbit\"", scalars::bit_rate)
               .value_or(0);
     }},
    {"egress",
     [](R& r, const Node& n) {
       r.spec.bandwidth.egress =
           r.reading.value(n, "bandwidth.egress in x-stack", "a rate such as \"10mbit\"", scalars::bit_rate)
               .value_or(0);
     }},
};

constexpr KeyRule<ServiceReading> kStackKeys[] = {
    {"pod",
     [](R& r, const Node& n) {
       r.mark("x-stack.pod", n);
       r.spec.pod =
           r.reading.value(n, "pod in x-stack", "a name of letters, digits, \"_\" and \"-\"", pod_name)
               .value_or("");
     }},
    {"bandwidth",
     [](R& r, const Node& n) {
       if (r.reading.is_map(n, "bandwidth in x-stack"))
         r.reading.keys<R>(n, "bandwidth in x-stack", kBandwidthKeys, r);
     }},
};

}  // namespace

void ipc(R& r, const Node& node) {
  const auto text = r.reading.text(node, "ipc");
  if (!text || shared_mode(r, node, "ipc", *text, r.spec.ipc)) return;
  if (*text == "shareable") {
    r.spec.ipc.shareable = true;
  } else if (*text != "private") {
    r.reading.wrong(node, "ipc", "private, shareable, host or service:NAME");
  }
}

void pid(R& r, const Node& node) {
  const auto text = r.reading.text(node, "pid");
  if (!text || shared_mode(r, node, "pid", *text, r.spec.pid)) return;
  r.reading.wrong(node, "pid", "host or service:NAME");
}

void uts(R& r, const Node& node) {
  const auto text = r.reading.text(node, "uts");
  if (!text) return;
  if (*text != "host") return r.reading.wrong(node, "uts", "host");
  r.spec.uts.kind = Kind::host;
}

void cgroup(R& r, const Node& node) {
  const auto text = r.reading.text(node, "cgroup");
  if (!text || *text == "private") return;
  if (*text != "host") return r.reading.wrong(node, "cgroup", "private or host");
  r.spec.cgroup_host = true;
}

void userns_mode(R& r, const Node& node) {
  const auto text = r.reading.text(node, "userns_mode");
  if (!text) return;
  if (*text != "host") return r.reading.wrong(node, "userns_mode", "host");
  r.spec.userns_host = true;
}

void x_stack(R& r, const Node& node) {
  if (r.reading.is_map(node, "x-stack")) r.reading.keys<R>(node, "x-stack", kStackKeys, r);
}

std::vector<std::string> x_stack_keys() {
  std::vector<std::string> keys;
  for (const auto& rule : kStackKeys) keys.emplace_back(rule.key);
  for (const auto& rule : kBandwidthKeys) keys.push_back("bandwidth." + std::string(rule.key));
  return keys;
}

}  // namespace stack::service_keys
