#include "core/reconcile/drift_watch.h"

#include "core/reconcile/drift.h"
#include "core/sys/files.h"

namespace stack {
namespace {

constexpr const char* kWholeLook = "a look at everything";

}  // namespace

// The descriptors are those of the listeners, which close them.
DriftWatch::~DriftWatch() {
  if (links_ready_.is_open()) links_ready_.release();
  if (firewall_ready_.is_open()) firewall_ready_.release();
  if (limits_ready_.is_open()) limits_ready_.release();
  if (mounts_ready_.is_open()) mounts_ready_.release();
  if (files_ready_.is_open()) files_ready_.release();
}

Result<void> DriftWatch::begin(std::function<void()> heard) {
  heard_ = std::move(heard);
  links_.emplace(TRY(net::LinkEvents::open()));
  firewall_.emplace(TRY(net::FirewallEvents::open(world_.project)));
  limits_.emplace(TRY(cgroup::Watch::open()));
  world_.dns.on_broken([this](const std::string& owner) {
    broken_.insert(owner);
    heard_();
  });
  files_.emplace(TRY(StateWatch::open()));
  files_ready_.assign(files_->fd());
  await_files();
  mounts_ = TRY(open_fd("/proc/self/mountinfo", O_RDONLY));
  mounts_ready_.assign(mounts_.get());
  await_mounts();
  limits_ready_.assign(limits_->fd());
  await_limits();
  links_ready_.assign(links_->fd());
  firewall_ready_.assign(firewall_->fd());
  await_links();
  await_firewall();
  return {};
}

void DriftWatch::await_links() {
  links_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this](const boost::system::error_code& error) {
                            if (error) return;
                            links_heard_ = true;
                            heard_();
                          });
}

void DriftWatch::await_firewall() {
  firewall_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             [this](const boost::system::error_code& error) {
                               if (error) return;
                               firewall_heard_ = true;
                               heard_();
                             });
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
  const bool heard = std::exchange(links_heard_, false);
  if (heard) await_links();
  const bool ours = heard && TRY(links_->heard_of(our_links(), indices_));
  if (!ours && !all_due_) return {};
  indices_ = TRY(compare_links(world_, all_due_ ? kWholeLook : "link event"));
  return {};
}

Result<void> DriftWatch::look_at_firewall() {
  const bool heard = std::exchange(firewall_heard_, false);
  if (heard) await_firewall();
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

// Any mount of the host's is heard of: proc(5) tells by POLLPRI that there are others, not which.
void DriftWatch::await_mounts() {
  mounts_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                           [this](const boost::system::error_code& error) {
                             if (error) return;
                             mounts_heard_ = true;
                             heard_();
                           });
}

void DriftWatch::look_at_mounts() {
  const bool heard = std::exchange(mounts_heard_, false);
  if (heard) await_mounts();
  if (heard || all_due_) compare_mounts(world_, all_due_ ? kWholeLook : "mount event");
}

void DriftWatch::await_files() {
  files_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this](const boost::system::error_code& error) {
                            if (error) return;
                            files_heard_ = true;
                            heard_();
                          });
}

// What we have written ourselves is heard of, and is as it was written.
Result<void> DriftWatch::look_at_files() {
  const bool heard = std::exchange(files_heard_, false);
  if (heard) await_files();
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

void DriftWatch::await_limits() {
  limits_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& error) {
                             if (error) return;
                             limits_heard_ = true;
                             heard_();
                           });
}

Result<void> DriftWatch::follow_containers(Logs logs) {
  if (logs == Logs::now) TRY(follow_files());
  return follow_limits();
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
  std::map<std::string, std::string> running;  // -> which run of it, with which limits
  for (const auto& [service, record] : world_.records)
    if (record.state == ContainerState::running)
      running[service] = std::to_string(record.started_mono_ns) + " " + record.resources_hash;
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
  if (std::exchange(limits_heard_, false)) await_limits();
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
