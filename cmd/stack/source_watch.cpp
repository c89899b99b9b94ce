#include "cmd/stack/source_watch.h"

#include <algorithm>
#include <cerrno>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/exec_session.h"
#include "cmd/stack/left_out.h"
#include "cmd/stack/output.h"
#include "cmd/stack/request.h"
#include "core/control/paths.h"
#include "core/copy/mirror.h"
#include "specs/replicas.h"
#include "specs/text.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kQuiet{500};
constexpr std::size_t kMostTold = 10;  // paths of one batch

void warn(const std::string& words) {
  print_error("stack: warning: " + printable(words) + "\n");
}

// A failure ends what it befell and nothing else, but for a signal.
Result<bool> told(const Result<void>& done) {
  if (done) return true;
  if (done.error().code == EINTR) return done.error();
  complain(done.error());
  return false;
}

void tell_sync(const std::string& service, const std::map<std::string, std::string>& syncs) {
  std::string text = "Syncing service \"" + service + "\" after " + std::to_string(syncs.size()) +
                     (syncs.size() == 1 ? " change was detected:\n" : " changes were detected:\n");
  std::size_t told = 0;
  for (const auto& [target, source] : syncs) {
    if (told++ == kMostTold) break;
    text += "  - " + printable(source) + "\n";
  }
  if (syncs.size() > kMostTold) text += "  - and " + std::to_string(syncs.size() - kMostTold) + " more\n";
  print(text);
}

// False where it does not run: its turn comes when it does.
Result<bool> sync_container(const std::string& project, const json& container,
                            const std::map<std::string, std::string>& syncs) {
  if (!is_up(container)) return false;
  const std::string service = numbered_name(container.value("key", ""));
  auto tree = copy::Tree::of_container(container.value("pid", 0),
                                       Paths(project).container_cgroup(container.value("key", "")));
  if (!tree && (tree.error().code == ESRCH || tree.error().code == ENOENT)) return false;
  if (!tree) return tree.error();
  for (const auto& [target, source] : syncs) {
    const auto done = copy::mirror(*tree, source, target, tell_left_out);
    // Names of the container's are in what went wrong.
    if (!done) complain(fault(printable(service + ": sync \"" + source + "\": " + done.error().words)));
  }
  return true;
}

// False where none of its containers runs.
Result<bool> sync_service(const std::string& project, const std::string& service,
                          const std::map<std::string, std::string>& syncs) {
  const std::vector<json> containers = TRY(containers_of(project, {service}));
  if (std::none_of(containers.begin(), containers.end(), is_up)) return false;
  tell_sync(service, syncs);
  bool any = false;
  for (const json& container : containers) any = TRY(sync_container(project, container, syncs)) || any;
  return any;
}

std::vector<std::string> environment_of(const Hook& hook) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : hook.environment) variables.push_back(name + "=" + value);
  return variables;
}

Result<void> run_hook(const std::string& project, const std::string& container, const Hook& hook,
                      Interrupts& interrupts) {
  const json request{{"verb", "exec"},
                     {"service", container},
                     {"argv", hook.command},
                     {"env", environment_of(hook)},
                     {"user", hook.user},
                     {"working_dir", hook.working_dir},
                     {"privileged", hook.privileged}};
  auto session = TRY(ExecSession::connect(project));
  const int code = TRY(session.run_with_pipes(request, ExecSession::Input::none, &interrupts));
  if (code == 0) return {};
  return fault("\"" + joined(hook.command, " ") + "\" exited with code " + std::to_string(code));
}

// In each container of the service that runs.
Result<void> run_everywhere(const std::string& project, const std::string& service, const Hook& hook,
                            Interrupts& interrupts) {
  for (const json& container : TRY(containers_of(project, {service})))
    if (is_up(container)) TRY(run_hook(project, container.value("key", ""), hook, interrupts));
  return {};
}

}  // namespace

Result<SourceWatch> SourceWatch::open(const StackSpec& file, const std::set<std::string>& services,
                                      RebuildOptions options) {
  std::vector<PathRule> rules = TRY(path_rules(file, services, warn));
  if (rules.empty())
    return fault("none of the services has anything to watch: say so under \"develop.watch\" in the file");
  std::set<std::string> roots;
  for (const PathRule& rule : rules) roots.insert(rule.rule().path);
  // The rules move with the object; this keeps its own.
  const auto skips = [rules](const std::string& folder) {
    return std::all_of(rules.begin(), rules.end(), [&](const PathRule& rule) { return rule.skips(folder); });
  };
  watch::TreeWatch tree = TRY(watch::TreeWatch::open(std::move(roots), skips));
  return SourceWatch(file, std::move(options), std::move(rules), std::move(tree));
}

int SourceWatch::timeout_ms() const {
  if (!due_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due_ - steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

Result<bool> SourceWatch::step(Progress& progress, Interrupts& interrupts) {
  bool any = false;
  for (const std::string& path : TRY(tree_.take())) any = take_up(path) || any;
  if (any) due_ = steady_clock::now() + kQuiet;
  if (!due_ || steady_clock::now() < *due_) return false;
  due_.reset();
  return act(progress, interrupts);
}

// Whether any rule is about it.
bool SourceWatch::take_up(const std::string& path) {
  bool any = false;
  for (const PathRule& one : rules_) {
    if (!one.applies(path)) continue;
    any = true;
    Work& work = work_[one.service()];
    const WatchRule& rule = one.rule();
    if (one.syncs()) work.syncs[one.target_of(path)] = path;
    if (rule.action == WatchRule::Action::rebuild) work.rebuild = true;
    if (rule.action == WatchRule::Action::restart || rule.action == WatchRule::Action::sync_restart)
      work.restart = true;
    if (rule.exec && rule.action == WatchRule::Action::sync_exec) work.execs.insert(&*rule.exec);
  }
  return any;
}

void SourceWatch::note(const json& container) {
  if (container.contains("one_off") || !is_up(container)) return;
  const std::string service = container.value("service", "");
  const double made = container.value("created_at", 0.0);
  const std::string key = container.value("key", "");
  const auto before = made_.find(key);
  if (before == made_.end() || before->second != made) {
    made_[key] = made;
    for (const PathRule& one : rules_) {
      if (one.service() != service || !one.rule().initial_sync || !one.syncs()) continue;
      for (const std::string& path : tree_.paths_within(one.rule().path))
        if (one.applies(path)) work_[service].syncs[one.target_of(path)] = path;
    }
  }
  const auto work = work_.find(service);
  if (work != work_.end() && !due_) due_ = steady_clock::now();
}

Result<bool> SourceWatch::act(Progress& progress, Interrupts& interrupts) {
  const bool rebuilt = TRY(rebuild(progress, interrupts));
  sync();
  const bool restarted = TRY(restart(progress, interrupts));
  TRY(execute(interrupts));
  // What could not be brought to a container is kept until it runs.
  std::erase_if(work_, [](const auto& one) { return one.second.syncs.empty(); });
  return rebuilt || restarted;
}

Result<bool> SourceWatch::rebuild(Progress& progress, Interrupts& interrupts) {
  bool any = false;
  for (auto& [service, work] : work_) {
    if (!std::exchange(work.rebuild, false)) continue;
    any = true;
    work.restart = false;  // it begins anew
    print("Rebuilding service \"" + service + "\" after changes were detected\n");
    const Result<void> done = rebuild_service(*file_, service, options_, progress, interrupts).with(service);
    progress.finish();
    if (TRY(told(done))) print("Service \"" + service + "\" rebuilt\n");
  }
  return any;
}

void SourceWatch::sync() {
  for (auto& [service, work] : work_) {
    if (work.syncs.empty()) continue;
    const auto done = sync_service(file_->name, service, work.syncs);
    if (!done) complain(done.error().with(service + ": sync"));
    if (!done || *done) work.syncs.clear();
  }
}

Result<bool> SourceWatch::restart(Progress& progress, Interrupts& interrupts) {
  std::vector<std::string> services;
  for (auto& [service, work] : work_)
    if (work.syncs.empty() && std::exchange(work.restart, false)) services.push_back(service);
  if (services.empty()) return false;
  Ask request;
  request.project = file_->name;
  request.request = {{"verb", "restart"}, {"services", services}};
  request.progress = &progress;
  request.interrupts = &interrupts;
  const auto answer = ask(request);
  progress.finish();
  if (TRY(told(answer ? Result<void>() : answer.error().with("restart"))))
    print("Restarted " + quoted_list(services) + "\n");
  return true;
}

Result<void> SourceWatch::execute(Interrupts& interrupts) {
  for (auto& [service, work] : work_) {
    if (!work.syncs.empty()) continue;  // the command is to find what it is about
    for (const Hook* hook : std::exchange(work.execs, {}))
      TRY(told(run_everywhere(file_->name, service, *hook, interrupts).with(service + ": exec")));
  }
  return {};
}

}  // namespace stack::cmd
