// What is run, as whom, under which name.
#include <algorithm>

#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// sethostname(2) takes 64 bytes; what is in a name is RFC 1123's.
std::optional<std::string> host_name(const std::string& text) {
  const bool valid = !text.empty() && text.size() <= 64 && text.front() != '-' && text.front() != '.' &&
                     text.find_first_not_of(std::string(kLetters) + "0123456789-._") == std::string::npos;
  return valid ? std::optional(text) : std::nullopt;
}

std::optional<std::string> name_of_container(const std::string& text) {
  return text.size() > 1 && is_docker_name(text) ? std::optional(text) : std::nullopt;
}

std::optional<std::string> absolute(const std::string& text) {
  return text.starts_with('/') ? std::optional(text) : std::nullopt;
}

}  // namespace

void container_name(R& r, const Node& node) {
  if (auto name = r.reading.value(node, "container_name", "a name of letters, digits, \"_\", \".\" and \"-\"",
                                  name_of_container)) {
    r.spec.container_name = *std::move(name);
  }
}

// null is the image's own; a list or text, empty or not, stands in its place.
void command(R& r, const Node& node) {
  if (!node.is_null()) r.spec.command = r.reading.words(node, "command");
}
void entrypoint(R& r, const Node& node) {
  if (!node.is_null()) r.spec.entrypoint = r.reading.words(node, "entrypoint");
}

void working_dir(R& r, const Node& node) {
  if (auto path = r.reading.value(node, "working_dir", "an absolute path", absolute))
    r.spec.working_dir = *std::move(path);
}
void user(R& r, const Node& node) {
  r.spec.user = r.reading.text(node, "user").value_or("");
}

void group_add(R& r, const Node& node) {
  if (!r.reading.is_list(node, "group_add")) return;
  for (const Node& item : node.items) {
    const auto group = r.reading.text(item, "each item in group_add");
    if (!group) continue;
    const bool is_name = !group->empty() && group->find_first_of(":,\n") == std::string::npos;
    if (!is_name) {
      r.reading.wrong(item, "group_add", "the names or numbers of groups");
    } else if (auto& all = r.spec.group_add; std::find(all.begin(), all.end(), *group) == all.end()) {
      all.push_back(*group);
    }
  }
}

void hostname(R& r, const Node& node) {
  r.spec.hostname = r.reading.value(node, "hostname", "a host name", host_name).value_or("");
}
void domainname(R& r, const Node& node) {
  r.spec.domainname = r.reading.value(node, "domainname", "a domain name", host_name).value_or("");
}

void init(R& r, const Node& node) {
  r.spec.init = r.reading.truth(node, "init");
}

// Only what differs from the default is in the model, so that no hash changes by saying it.
void attach(R& r, const Node& node) {
  if (r.reading.truth(node, "attach") == false) r.spec.attach = false;
}

void stdin_open(R& r, const Node& node) {
  if (r.reading.truth(node, "stdin_open").value_or(false)) r.spec.stdin_open = true;
}
void tty(R& r, const Node& node) {
  if (r.reading.truth(node, "tty").value_or(false)) r.spec.tty = true;
}

void stop_signal(R& r, const Node& node) {
  if (auto name = r.reading.value(node, "stop_signal", "a signal such as SIGTERM", scalars::signal))
    r.spec.stop_signal = *std::move(name);
}
void stop_grace_period(R& r, const Node& node) {
  const auto period =
      r.reading.value(node, "stop_grace_period", "a duration such as \"1m30s\"", scalars::duration);
  if (period) r.spec.stop_grace_period = *period;
}

void oom_score_adj(R& r, const Node& node) {
  if (const auto score = r.reading.integer(node, "oom_score_adj", -1000, 1000))
    r.spec.oom_score_adj = static_cast<int>(*score);
}

}  // namespace stack::service_keys
