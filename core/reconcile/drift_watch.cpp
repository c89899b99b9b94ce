#include "core/reconcile/drift_watch.h"

#include "core/reconcile/drift.h"
#include "core/sys/files.h"

namespace stack {
namespace {

constexpr const char* kWholeLook = "a look at everything";

}  // namespace

ChangeSource::~ChangeSource() {
  if (ready_.is_open()) ready_.release();
}

void ChangeSource::begin(int fd, Wait wait, std::function<void()> heard) {
  ready_.assign(fd);
  wait_ = wait;
  tell_ = std::move(heard);
  await();
}

void ChangeSource::await() {
  ready_.async_wait(wait_, [this](const boost::system::error_code& error) {
    if (error) return;
    heard_ = true;
    tell_();
  });
}

bool ChangeSource::take() {
  if (!heard_) return false;
  heard_ = false;
  await();
  return true;
}

Result<void> DriftWatch::begin(std::function<void()> heard) {
  heard_ = std::move(heard);
  links_.emplace(TRY(net::LinkEvents::open()));
  firewall_.emplace(TRY(net::FirewallEvents::open(world_.project)));
  limits_.emplace(TRY(cgroup::Watch::open()));
  files_.emplace(TRY(StateWatch::open()));
  mounts_ = TRY(open_fd("/proc/self/mountinfo", O_RDONLY));
  links_ready_.begin(links_->fd(), ChangeSource::Wait::wait_read, heard_);
  firewall_ready_.begin(firewall_->fd(), ChangeSource::Wait::wait_read, heard_);
  limits_ready_.begin(limits_->fd(), ChangeSource::Wait::wait_read, heard_);
  files_ready_.begin(files_->fd(), ChangeSource::Wait::wait_read, heard_);
  // Any mount of the host's is heard of: proc(5) tells by POLLPRI that there are others, not which.
  mounts_ready_.begin(mounts_.get(), ChangeSource::Wait::wait_error, heard_);
  world_.dns.on_broken([this](const std::string& owner) {
    broken_.insert(owner);
    heard_();
  });
  return {};
}

Result<void> DriftWatch::look() {
  look_at_mounts();
  Result<void> looked = look_at_links();
  if (looked) looked = look_at_firewall();
  if (looked) looked = look_at_limits();
  if (looked) looked = look_at_files();
  if (looked) look_at_processes();
  if (looked) look_at_resolvers();
  all_due_ = !looked;
  return looked;
}

std::set<std::string> DriftWatch::our_links() const {
  std::set<std::string> names;
  for (const auto& [network, bridge] : world_.bridges) names.insert(bridge);
  for (const auto& [owner, sandbox] : world_.desired.sandboxes)
    for (const auto& [network, endpoint] : sandbox.endpoints) names.insert(endpoint.veth);
  return names;
}

Result<void> DriftWatch::look_at_links() {
  const bool heard = links_ready_.take();
  const bool ours = heard && TRY(links_->heard_of(our_links(), indices_));
  if (!ours && !all_due_) return {};
  indices_ = TRY(compare_links(world_, all_due_ ? kWholeLook : "link event"));
  return {};
}

Result<void> DriftWatch::look_at_firewall() {
  const bool heard = firewall_ready_.take();
  if (!heard && !all_due_) return {};
  const net::FirewallEvents::Heard events = TRY(firewall_->take());
  const int ours = std::exchange(world_.firewall_transactions, 0);
  if (events.transactions == 0 && events.everything && !all_due_) return {};
  const Touched touched = events.transactions > ours ? Touched::yes : Touched::no;
  const std::string cause = events.transactions > 0 ? "a transaction of " + events.by : kWholeLook;
  return compare_firewall(world_, touched, cause);
}

void DriftWatch::hear_stop(const std::string& service) {
  stopped_.insert(service);
  heard_();
}

void DriftWatch::look_at_resolvers() {
  std::set<std::string> owners = std::exchange(broken_, {});
  if (all_due_)
    for (const auto& [owner, sandbox] : world_.sandboxes) owners.insert(owner);
  for (const std::string& owner : owners)
    compare_resolver(world_, owner, all_due_ ? kWholeLook : "socket event");
}

void DriftWatch::look_at_processes() {
  std::set<std::string> services = std::exchange(stopped_, {});
  if (all_due_)
    for (const auto& [service, record] : world_.records) services.insert(service);
  for (const std::string& service : services)
    compare_process(world_, service, all_due_ ? kWholeLook : "stop event");
}

void DriftWatch::look_at_mounts() {
  const bool heard = mounts_ready_.take();
  if (heard || all_due_) compare_mounts(world_, all_due_ ? kWholeLook : "mount event");
}

// What we have written ourselves is heard of, and is as it was written.
Result<void> DriftWatch::look_at_files() {
  const bool heard = files_ready_.take();
  if (!heard && !all_due_) return {};
  StateWatch::Heard told = TRY(files_->take());
  const bool all = all_due_ || !told.everything;
  const char* const cause = all ? kWholeLook : "file event";
  if (all)
    for (const auto& [name, path] : world_.state.all()) told.paths.insert(path);
  std::map<std::string, std::set<std::string>> by_folder;
  for (const std::string& path : told.paths) {
    compare_file(world_, path, cause);
    const std::size_t slash = path.find_last_of('/');
    by_folder[path.substr(0, slash)].insert(path.substr(slash + 1));
  }
  std::vector<std::string> remade;  // whose folder of logs is another one from now on
  for (const auto& [service, record] : world_.records) {
    const auto gone = by_folder.find(world_.paths.log_dir(service));
    if (gone == by_folder.end()) continue;
    compare_log(world_, service, gone->second, cause);
    followed_logs_.erase(gone->first);
    if (gone->second.contains("")) remade.push_back(service);
  }
  TRY(follow_files());
  // What was deleted of the new folder before it was followed was not heard of. Where nothing was, the keeper
  // has nothing to do.
  for (const std::string& service : remade)
    if (!log_folder_of(world_, service).empty())
      TRY(world_.keeper->reopen_log(service, world_.records.at(service).pid));
  return {};
}

// The folders may be others than they were, and a log's may not be there before the first byte is.
Result<void> DriftWatch::follow_files() {
  for (const std::string& folder : {world_.paths.runtime(), world_.paths.records(), world_.paths.lib})
    TRY(files_->follow(folder, StateWatch::Files::written_whole));
  std::set<std::string> logs;
  for (const auto& [service, record] : world_.records)
    if (const std::string folder = log_folder_of(world_, service); !folder.empty()) logs.insert(folder);
  for (const std::string& folder : followed_logs_)
    if (!logs.contains(folder)) files_->forget(folder);
  std::erase_if(followed_logs_, [&](const std::string& folder) { return !logs.contains(folder); });
  for (const std::string& folder : logs) {
    if (followed_logs_.contains(folder)) continue;
    TRY(make_folders(folder, 0700));
    TRY(files_->follow(folder, StateWatch::Files::appended));
    followed_logs_.insert(folder);
  }
  return {};
}

Result<void> DriftWatch::follow_limits() {
  std::map<std::string, Run> running;
  for (const auto& [service, record] : world_.records)
    if (record.state == ContainerState::running)
      running[service] = {record.started_mono_ns, record.resources_hash};
  for (const auto& [service, run] : followed_) {
    if (running.contains(service)) continue;
    TRY(limits_->set(service, {}));
    TRY(compare_limits(world_, service, {}));  // nothing of the ended is to be mended
  }
  std::erase_if(followed_, [&](const auto& one) { return !running.contains(one.first); });
  for (const auto& [service, run] : running) {
    const auto known = followed_.find(service);
    if (known != followed_.end() && known->second == run) continue;
    const std::vector<cgroup::Limit> limits = limits_of(world_, service);
    if (limits.empty()) continue;  // they are about to be others
    TRY(limits_->set(service, limits));
    followed_[service] = run;
  }
  return {};
}

Result<void> DriftWatch::look_at_limits() {
  limits_ready_.take();
  const cgroup::Watch::Heard heard = TRY(limits_->take());
  if (!heard.everything) all_limits_due_ = true;
  std::set<std::string> services = heard.written;
  if (all_limits_due_)
    for (const auto& [service, record] : world_.records) services.insert(service);
  const char* const cause = all_limits_due_ ? kWholeLook : "cgroup event";
  all_limits_due_ = true;  // again, where one of them fails
  for (const std::string& service : services) TRY(compare_limits(world_, service, cause));
  all_limits_due_ = false;
  return {};
}

}  // namespace stack
