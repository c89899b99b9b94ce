// `stack logs`: from the files alone.
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <limits>
#include <memory>
#include <set>

#include "cmd/stack/interrupts.h"
#include "cmd/stack/log_follower.h"
#include "cmd/stack/moment.h"
#include "cmd/stack/project.h"
#include "cmd/stack/request.h"
#include "cmd/stack/services.h"
#include "cmd/stack/verb.h"
#include "core/control/paths.h"
#include "core/sys/dir.h"
#include "specs/load.h"
#include "specs/one_off.h"

namespace stack::cmd {
namespace {

struct Options {
  bool follow = false;
  std::string tail = "all", since, until;
  bool timestamps = false;
  bool no_color = false;
  bool no_prefix = false;
  std::vector<std::string> services;
};

Result<std::optional<std::size_t>> tail_of(const std::string& text) {
  if (text == "all") return std::optional<std::size_t>();
  std::size_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (error != std::errc() || end != text.data() + text.size())
    return fault("--tail wants a number of lines or \"all\", not \"" + text + "\"");
  return std::optional<std::size_t>(lines);
}

Result<std::vector<std::string>> folders_in(const std::string& root) {
  std::vector<std::string> names = TRY(names_if_there(root));
  // One-offs are not the services': each is shown when it is asked for by name, as Compose's are by Docker.
  std::erase_if(names, [](const std::string& name) { return name.starts_with(".") || is_one_off(name); });
  std::sort(names.begin(), names.end());
  return names;
}

// Those that have written, and those that run and may yet.
Result<std::vector<std::string>> all_services(const std::string& project,
                                              const std::vector<std::string>& logged) {
  std::set<std::string> all(logged.begin(), logged.end());
  const auto status = stack_status(project);
  if (!status && !control::is_absent(status.error())) return status.error();
  if (status)
    for (const auto& container : (*status)["containers"]) all.insert(container.value("key", ""));
  return std::vector<std::string>(all.begin(), all.end());
}

// The name of the one-off whose container is called so, or the same word where there is none.
Result<std::string> one_off_if_any(const std::string& project, const std::string& word) {
  const auto status = stack_status(project);
  if (!status && !control::is_absent(status.error())) return status.error();
  if (status)
    for (const auto& container : (*status)["containers"])
      if (container.contains("one_off") && container.value("name", "") == word)
        return container.value("one_off", "");
  return word;
}

// The services asked for. One without a log is well where the file knows it.
Result<std::vector<std::string>> chosen(const Options& options, const Globals& globals,
                                        const std::string& project, const std::string& root) {
  const std::vector<std::string> logged = TRY(folders_in(root));
  if (options.services.empty()) return options.follow ? all_services(project, logged) : logged;
  const std::vector<std::string> all = options.follow ? TRY(all_services(project, logged)) : logged;
  std::vector<std::string> services;
  for (const std::string& word : options.services) {
    const std::size_t before = services.size();
    std::copy_if(all.begin(), all.end(), std::back_inserter(services),
                 [&](const std::string& name) { return !is_one_off(name) && service_behind(name) == word; });
    if (services.size() > before) continue;
    const std::string& service = services.emplace_back(TRY(one_off_if_any(project, word)));
    if (is_one_off(service) && service.find('/') == std::string::npos) continue;
    const Result<StackSpec> spec = load_spec(globals, {service});
    if (!spec && spec.error().code == kNoStackFile)
      return fault("\"" + service + "\" has no log, and there is no file that knows it");
    if (!spec) return spec.error();
    TRY(check_services(*spec, {service}));
  }
  return services;
}

Result<LogSpan> span_of(const Options& options) {
  LogSpan span;
  const auto now = std::chrono::system_clock::now();
  if (!options.since.empty()) span.since = TRY(parse_moment(options.since, now).with("--since"));
  if (!options.until.empty()) span.until = TRY(parse_moment(options.until, now).with("--until"));
  return span;
}

// As poll(2) takes it: how long until `moment`, at most `timeout_ms` where that is not negative.
int sooner(int timeout_ms, std::int64_t moment) {
  const std::int64_t now =
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::int64_t left = moment <= now ? 0 : (moment - now) / 1'000'000 + 1;
  const int most = static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
  return timeout_ms < 0 ? most : std::min(timeout_ms, most);
}

// What was written until a time that is still to come is told then; nothing later is.
Result<int> follow(LogFollower& follower, std::int64_t until) {
  Interrupts interrupts = TRY(Interrupts::listen({SIGINT, SIGTERM}));
  follower.watch();
  for (;;) {
    const bool over = sooner(-1, until) == 0;
    TRY(follower.drain());
    if (over || follower.gone()) return 0;
    pollfd waits[2] = {{interrupts.fd(), POLLIN, 0}, {follower.fd(), POLLIN, 0}};
    if (::poll(waits, 2, sooner(follower.timeout_ms(), until)) < 0 && errno != EINTR)
      return os_error("wait for logs");
    if (const auto signal = interrupts.take()) return 128 + *signal;
  }
}

Result<int> logs(const Options& options, const Globals& globals) {
  const std::string project = TRY(name_of_project(globals));
  const std::string root = Paths(project).lib + "/logs";
  const auto tail = TRY(tail_of(options.tail));
  const LogSpan span = TRY(span_of(options));
  LogFollower follower(root, {!options.no_prefix, !options.no_color, options.timestamps}, span);
  const std::vector<std::string> services = TRY(chosen(options, globals, project, root));
  for (const std::string& service : services) TRY(follower.add(service, tail));
  if (options.follow && !services.empty()) return follow(follower, span.until);
  TRY(follower.drain(LogFollower::Rest::last));
  return 0;
}

}  // namespace

Run define_logs(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-f,--follow", options->follow, "Go on with what is written from now on");
  command.add_option("-n,--tail", options->tail, "So many lines of each service, or all");
  command.add_option(
      "--since", options->since,
      "Only what was written since then: 42m ago, 2026-11-25T18:42:00Z, seconds since the epoch");
  command.add_option("--until", options->until, "Only what was written before then");
  command.add_flag("-t,--timestamps", options->timestamps, "When each line was written");
  command.add_flag("--no-color", options->no_color, "No colour");
  command.add_flag("--no-log-prefix", options->no_prefix, "No names of services");
  command.add_option("SERVICE", options->services);
  return [options, &globals] { return logs(*options, globals); };
}

}  // namespace stack::cmd
