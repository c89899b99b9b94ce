// What the service may do beyond or below the default.
#include <algorithm>
#include <limits>

#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

// capabilities(7), Linux 5.9 and later. The engine asks the running kernel; this is for the spelling.
const std::vector<std::string>& capability_names() {
  static const std::vector<std::string> kNames = {"ALL",
                                                  "AUDIT_CONTROL",
                                                  "AUDIT_READ",
                                                  "AUDIT_WRITE",
                                                  "BLOCK_SUSPEND",
                                                  "BPF",
                                                  "CHECKPOINT_RESTORE",
                                                  "CHOWN",
                                                  "DAC_OVERRIDE",
                                                  "DAC_READ_SEARCH",
                                                  "FOWNER",
                                                  "FSETID",
                                                  "IPC_LOCK",
                                                  "IPC_OWNER",
                                                  "KILL",
                                                  "LEASE",
                                                  "LINUX_IMMUTABLE",
                                                  "MAC_ADMIN",
                                                  "MAC_OVERRIDE",
                                                  "MKNOD",
                                                  "NET_ADMIN",
                                                  "NET_BIND_SERVICE",
                                                  "NET_BROADCAST",
                                                  "NET_RAW",
                                                  "PERFMON",
                                                  "SETFCAP",
                                                  "SETGID",
                                                  "SETPCAP",
                                                  "SETUID",
                                                  "SYSLOG",
                                                  "SYS_ADMIN",
                                                  "SYS_BOOT",
                                                  "SYS_CHROOT",
                                                  "SYS_MODULE",
                                                  "SYS_NICE",
                                                  "SYS_PACCT",
                                                  "SYS_PTRACE",
                                                  "SYS_RAWIO",
                                                  "SYS_RESOURCE",
                                                  "SYS_TIME",
                                                  "SYS_TTY_CONFIG",
                                                  "WAKE_ALARM"};
  return kNames;
}

// getrlimit(2).
const std::vector<std::string>& limit_names() {
  static const std::vector<std::string> kNames = {
      "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
      "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  return kNames;
}

void capabilities(R& r, const Node& node, const char* key, std::vector<std::string>& into) {
  if (!r.reading.is_list(node, key)) return;
  for (const Node& item : node.items) {
    const auto text = r.reading.text(item, std::string("each item in ") + key);
    if (!text) continue;
    std::string name = *text;
    for (char& c : name) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (name.starts_with("CAP_")) name.erase(0, 4);
    const auto& known = capability_names();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      r.reading.fault(item, FaultCode::invalid_value,
                      "unknown capability \"" + *text + "\" in " + r.reading.of(key),
                      did_you_mean(name, known));
    } else if (std::find(into.begin(), into.end(), name) == into.end()) {
      into.push_back(name);
    }
  }
}

void label(R& r, const Node& node, const std::string& value) {
  SecurityOptions& options = r.spec.security;
  if (value == "disable") {
    options.label_disable = true;
    return;
  }
  const auto colon = value.find(':');
  const std::string part = value.substr(0, colon);
  const std::pair<const char*, std::string*> parts[] = {{"user", &options.label_user},
                                                        {"role", &options.label_role},
                                                        {"type", &options.label_type},
                                                        {"level", &options.label_level}};
  for (const auto& [name, field] : parts) {
    if (part != name || colon == std::string::npos || colon + 1 == value.size()) continue;
    *field = value.substr(colon + 1);
    return;
  }
  r.reading.fault(
      node, FaultCode::invalid_value,
      r.reading.of("security_opt") + ": label must be disable or user:, role:, type: or level: and a value");
}

void one_option(R& r, const Node& node, const std::string& text) {
  SecurityOptions& options = r.spec.security;
  const auto at = text.find_first_of("=:");  // both were in use over the years
  const std::string name = text.substr(0, at);
  const std::string value = at == std::string::npos ? "" : text.substr(at + 1);
  if (name == "no-new-privileges") {
    const auto wanted = at == std::string::npos ? std::optional(true) : scalars::truth(value);
    if (!wanted)
      return r.reading.fault(node, FaultCode::invalid_value,
                             r.reading.of("security_opt") + ": no-new-privileges must be true or false");
    options.no_new_privileges = *wanted;
  } else if (name == "seccomp" && value == "unconfined") {
    options.seccomp = SecurityOptions::Seccomp::unconfined;
  } else if (name == "seccomp" && !value.empty()) {
    options.seccomp = SecurityOptions::Seccomp::file;
    options.seccomp_file = absolute_path(value, r.around);
  } else if (name == "label") {
    label(r, node, value);
  } else if (name == "systempaths" && value == "unconfined") {
    options.mask_paths = false;
  } else if (name == "apparmor" || name == "credentialspec") {
    r.reading.fault(node, FaultCode::not_yet, "security_opt \"" + name + "\" is not supported yet");
  } else {
    const std::vector<std::string> known = {"seccomp", "no-new-privileges", "label", "systempaths"};
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    r.reading.fault(node, FaultCode::unknown_option,
                    is_known ? r.reading.of("security_opt") + ": \"" + text + "\" has no value that is known"
                             : "unknown option \"" + name + "\" in " + r.reading.of("security_opt"),
                    is_known ? "" : did_you_mean(name, known));
  }
}

std::optional<std::int64_t> limit(R& r, const Node& node, const std::string& what) {
  if (node.is_scalar() && node.text == "unlimited") return -1;
  return r.reading.integer(node, what, -1, std::numeric_limits<std::int64_t>::max());
}

struct UlimitReading {
  R& r;
  std::string name;
  std::optional<std::int64_t> soft = {}, hard = {};
  bool is_faulty = false;
};

constexpr KeyRule<UlimitReading> kUlimitKeys[] = {
    {"soft",
     [](UlimitReading& u, const Node& n) {
       u.is_faulty |= !(u.soft = limit(u.r, n, "soft in ulimit \"" + u.name + "\""));
     }},
    {"hard",
     [](UlimitReading& u, const Node& n) {
       u.is_faulty |= !(u.hard = limit(u.r, n, "hard in ulimit \"" + u.name + "\""));
     }},
};

void one_ulimit(R& r, const Entry& entry, std::map<std::string, Ulimit>& into) {
  const auto& known = limit_names();
  if (std::find(known.begin(), known.end(), entry.key) == known.end())
    return r.reading.unknown(entry, "ulimits", known);
  const std::string what = "ulimit \"" + entry.key + "\"";
  UlimitReading u{r, entry.key};
  if (!entry.value.is_map()) {
    u.soft = u.hard = limit(r, entry.value, what);
    u.is_faulty = !u.soft;
  } else {
    r.reading.keys<UlimitReading>(entry.value, what, kUlimitKeys, u);
  }
  if (u.is_faulty) return;
  if (!u.soft || !u.hard)
    return r.reading.fault(entry.value, FaultCode::missing_key,
                           r.reading.of(what) + " needs \"soft\" and \"hard\"");
  const bool above = *u.hard != -1 && (*u.soft == -1 || *u.soft > *u.hard);
  if (above)
    return r.reading.fault(entry.value, FaultCode::invalid_value,
                           r.reading.of(what) + ": soft is above hard");
  into[entry.key] = {*u.soft, *u.hard};
}

}  // namespace

void read_only(R& r, const Node& node) {
  r.spec.read_only = r.reading.truth(node, "read_only").value_or(false);
}
void privileged(R& r, const Node& node) {
  r.spec.privileged = r.reading.truth(node, "privileged").value_or(false);
}
void cap_add(R& r, const Node& node) {
  capabilities(r, node, "cap_add", r.spec.cap_add);
}
void cap_drop(R& r, const Node& node) {
  capabilities(r, node, "cap_drop", r.spec.cap_drop);
}

void security_opt(R& r, const Node& node) {
  if (!r.reading.is_list(node, "security_opt")) return;
  for (const Node& item : node.items) {
    if (const auto text = r.reading.text(item, "each item in security_opt")) one_option(r, item, *text);
  }
}

void sysctls(R& r, const Node& node) {
  for (Pair& pair : r.reading.pairs(node, "sysctls")) {
    if (!pair.value) {
      r.reading.fault(*pair.node, FaultCode::missing_key,
                      "sysctl \"" + pair.name + "\" of " + r.reading.owner() + " has no value");
    } else {
      r.spec.sysctls[pair.name] = *std::move(pair.value);
    }
  }
}

std::map<std::string, Ulimit> limits_of(R& r, const Node& node, const char* what) {
  std::map<std::string, Ulimit> limits;
  if (!r.reading.is_map(node, what)) return limits;
  for (const Entry& entry : node.entries) one_ulimit(r, entry, limits);
  return limits;
}

void ulimits(R& r, const Node& node) {
  r.spec.ulimits = limits_of(r, node, "ulimits");
}

}  // namespace stack::service_keys
