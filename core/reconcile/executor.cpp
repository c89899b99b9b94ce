#include "core/reconcile/executor.h"

#include <fcntl.h>

#include <set>
#include <utility>

#include "core/reconcile/dns_views.h"
#include "core/reconcile/kernel_state.h"
#include "core/reconcile/link_models.h"
#include "core/reconcile/pins.h"
#include "core/reconcile/resolve.h"
#include "core/sys/files.h"
#include "specs/canonical.h"

namespace stack {
namespace {

// The name that the file asks for, the one it has already, or the first "ethN" that no other endpoint has or
// asks for.
std::string ifname_for(const DesiredSandbox& want, const ObservedSandbox& sandbox,
                       const std::string& network) {
  const DesiredEndpoint& endpoint = want.endpoints.at(network);
  if (!endpoint.interface_name.empty()) return endpoint.interface_name;
  const auto known = sandbox.networks.find(network);
  if (known != sandbox.networks.end()) return known->second.ifname;
  std::set<std::string> taken;
  for (const auto& [key, other] : want.endpoints) taken.insert(other.interface_name);
  for (const auto& [key, mark] : sandbox.networks) taken.insert(mark.ifname);
  const std::string prefix = endpoint.interface_prefix.empty() ? "eth" : endpoint.interface_prefix;
  int n = 0;
  while (taken.contains(prefix + std::to_string(n))) ++n;
  return prefix + std::to_string(n);
}

}  // namespace

Result<void> Executor::run(const Action& action) {
  return std::visit([this](const auto& a) { return act(a); }, action);
}

Result<void> Executor::act(const CreateNetwork& action) {
  const DesiredNetwork& want = world_.desired.networks.at(action.network);
  const net::Bridge bridge = bridge_of(world_, action.network);
  world_.tell({"Network " + world_.project + "_" + action.network, "working", "Creating", ""});
  const int ifindex = TRY(world_.links->ensure_bridge(bridge).with("network " + action.network));
  TRY(net::enable_forwarding({bridge}).with("network " + action.network));
  world_.networks[action.network] = want.hash;
  world_.bridges[action.network] = want.bridge;
  world_.bridge_indices[action.network] = ifindex;
  world_.drift.erase(object_of(action));
  world_.tell({"Network " + world_.project + "_" + action.network, "done", "Created", ""});
  return changed();
}

Result<void> Executor::act(const RemoveNetwork& action) {
  TRY(world_.links->remove_link(world_.bridges[action.network]).with("network " + action.network));
  world_.networks.erase(action.network);
  world_.bridges.erase(action.network);
  world_.bridge_indices.erase(action.network);
  for (auto& [owner, sandbox] : world_.sandboxes) sandbox.networks.erase(action.network);
  world_.tell({"Network " + world_.project + "_" + action.network, "done", "Removed", ""});
  return changed();
}

Result<void> Executor::act(const CreateSandbox& action) {
  const std::string& owner = action.owner;
  const DesiredSandbox& want = world_.desired.sandboxes.at(owner);
  engine::PinPaths pins;
  if (want.net) pins.net = world_.pin(owner, "net");
  if (want.ipc) pins.ipc = world_.pin(owner, "ipc");
  if (want.uts) pins.uts = world_.pin(owner, "uts");
  pins.hostname = want.hostname.empty() ? containers_.id_of(owner).substr(0, 12) : want.hostname;
  pins.domainname = want.domainname;
  pins.shm_size = want.shm_size;
  const bool host = want.group.empty();
  if (!maker_) maker_.emplace(TRY(engine::SandboxMaker::start()));
  if (sandboxes_.size() == engine::SandboxMaker::kMostAsked) TRY(finish_sandbox());
  TRY(maker_->ask({world_.user_pin(want.group), host ? engine::IdRange{} : world_.ids.at(want.group), pins}));
  sandboxes_.push_back(owner);
  return {};
}

bool Executor::must_settle_before(const Action& action) const {
  return !std::holds_alternative<CreateSandbox>(action) && !settled();
}

std::optional<Executor::Unsettled> Executor::settle() {
  std::optional<Unsettled> unsettled;
  while (!sandboxes_.empty()) {
    const std::string owner = sandboxes_.front();
    const Result<void> sandbox = finish_sandbox();
    if (!sandbox && !unsettled) unsettled = Unsettled{CreateSandbox{owner}, sandbox.error()};
  }
  maker_.reset();
  const Result<void> firewall = finish_firewall();
  if (!firewall && !unsettled) unsettled = Unsettled{ApplyFirewall{}, firewall.error()};
  return unsettled;
}

Result<void> Executor::finish_sandbox() {
  const std::string owner = sandboxes_.front();
  sandboxes_.pop_front();
  TRY(maker_->answer().with("namespaces of " + owner));
  const DesiredSandbox& want = world_.desired.sandboxes.at(owner);
  world_.sandboxes[owner] = {want.hash, {}};
  note_pins(world_, owner);
  world_.drift.erase(object_of(CreateSandbox{owner}));
  if (want.endpoints.empty()) return changed();
  const UniqueFd netns = TRY(open_fd(world_.pin(owner, "net"), O_RDONLY));
  for (const std::string& network : want.attach_order()) TRY(attach(owner, network, netns.get()));
  TRY(open_dns(owner, netns.get()));
  return changed();
}

Result<void> Executor::act(const RemoveSandbox& action) {
  const std::string& owner = action.owner;
  world_.dns.stop(owner);
  world_.stored.erase("dns/" + owner);
  TRY(world_.keeper->forget("dns/" + owner));
  // The links go with the network namespace: deleting a veth by name waits for RCU, up to 29 ms each.
  if (!world_.everything_goes)
    for (const char* kind : {"net", "ipc", "uts"}) TRY(engine::unpin(world_.pin(owner, kind)));
  world_.sandboxes.erase(owner);
  forget_pins(world_, owner);
  if (!world_.desired.sandboxes.contains(owner)) world_.drift.erase(object_of(action));
  return changed();
}

Result<void> Executor::act(const PinSandbox& action) {
  // What is to be made anew has drifted until it is there.
  if (TRY(mend_pins(world_, action.owner)) == Mended::yes) world_.drift.erase(object_of(action));
  return changed();
}

Result<void> Executor::act(const OpenResolver& action) {
  const std::string key = "dns/" + action.owner;
  const UniqueFd netns = TRY(open_fd(world_.pin(action.owner, "net"), O_RDONLY));
  std::vector<UniqueFd>& kept = world_.stored.at(key);
  UniqueFd tcp = TRY(net::open_dns_listener(netns.get()).with("resolver of " + action.owner));
  TRY(world_.keeper->store(key, {kept.at(0).get(), tcp.get()}));
  TRY(world_.dns.serve(action.owner, kept.at(0).get(), tcp.get()));
  kept.at(1) = std::move(tcp);
  world_.drift.erase(object_of(action));
  return {};
}

Result<void> Executor::act(const RewriteFile& action) {
  const std::string path = world_.paths.runtime() + "/" + action.file;
  for (const auto& [service, record] : world_.records)
    if (path == world_.paths.container_state(service)) TRY(world_.state.keep(record));
  if (path == world_.paths.kernel_state()) TRY(save_kernel_state(world_));
  if (path == world_.paths.runtime() + "/intent.json" && world_.intent)
    TRY(world_.state.keep_again(*world_.intent, to_wire(world_.intent->spec)));
  world_.drift.erase(object_of(action));
  return {};
}

// A keeper that is older than the word leaves it aside, and goes on writing to the file that has no name.
Result<void> Executor::act(const ReopenLog& action) {
  const ContainerRecord& record = world_.records.at(action.service);
  TRY(world_.keeper->reopen_log(action.service, record.pid));
  world_.drift.erase(object_of(action));
  return {};
}

Result<void> Executor::act(const MountFolder& action) {
  TRY(mend_folder(world_));
  world_.drift.erase(object_of(action));
  return changed();
}

Result<void> Executor::act(const AttachEndpoint& action) {
  const UniqueFd netns = TRY(open_fd(world_.pin(action.owner, "net"), O_RDONLY));
  TRY(attach(action.owner, action.network, netns.get()));
  TRY(open_dns(action.owner, netns.get()));
  TRY(containers_.renew_names(action.owner));
  return changed();
}

Result<void> Executor::act(const DetachEndpoint& action) {
  auto& networks = world_.sandboxes.at(action.owner).networks;
  const std::string& identity = networks.at(action.network).identity;
  TRY(world_.links->remove_link(identity.substr(0, identity.find(' '))));
  networks.erase(action.network);
  TRY(containers_.renew_names(action.owner));
  return changed();
}

Result<void> Executor::changed() {
  world_.kernel_changed = true;
  return {};
}

Result<void> Executor::attach(const std::string& owner, const std::string& network, int netns) {
  const DesiredSandbox& sandbox = world_.desired.sandboxes.at(owner);
  const DesiredEndpoint& want = sandbox.endpoints.at(network);
  net::Endpoint endpoint = endpoint_of(world_, owner, network);
  endpoint.container_ifname = ifname_for(sandbox, world_.sandboxes.at(owner), network);
  TRY(world_.links->ensure_endpoint(netns, endpoint).with("attach " + owner + " to network " + network));
  world_.sandboxes.at(owner).networks[network] = {want.identity(), want.tuning(), endpoint.container_ifname};
  world_.drift.erase(object_of(AttachEndpoint{owner, network}));
  return {};
}

Result<void> Executor::open_dns(const std::string& owner, int netns) {
  const Result<void> opened = open_resolver(owner, netns);
  // Not attached, as far as the next plan is concerned: it makes up for it.
  if (!opened) world_.sandboxes.at(owner).networks.clear();
  return opened;
}

Result<void> Executor::open_resolver(const std::string& owner, int netns) {
  const std::string key = "dns/" + owner;
  world_.dns.set_view(owner, dns_view(world_.desired, owner));
  if (world_.stored.contains(key)) return {};
  net::DnsSockets sockets = TRY(net::open_dns_sockets(netns).with("resolver of " + owner));
  TRY(world_.keeper->store(key, {sockets.udp.get(), sockets.tcp.get()}));
  TRY(world_.dns.serve(owner, sockets.udp.get(), sockets.tcp.get()));
  auto& kept = world_.stored[key];
  kept.push_back(std::move(sockets.udp));
  kept.push_back(std::move(sockets.tcp));
  return {};
}

Result<void> Executor::act(const ApplyFirewall&) {
  firewall_.emplace(
      TRY(net::FirewallChange::begin(*world_.firewall_table, net::render(firewall_of(world_.desired)))
              .with("firewall")));
  applied_ = world_.desired.firewall_hash;
  return {};
}

Result<void> Executor::finish_firewall() {
  if (!firewall_) return {};
  const Result<void> done = firewall_->finish().with("firewall");
  firewall_.reset();
  if (!done) return done;
  ++world_.firewall_transactions;
  world_.firewall_hash = applied_;
  world_.firewall_digest = TRY(world_.firewall_table->digest().with("firewall"));
  world_.drift.erase(object_of(ApplyFirewall{}));
  return changed();
}

Result<void> Executor::act(const RemoveFirewall&) {
  TRY(net::remove_firewall(world_.project).with("firewall"));
  ++world_.firewall_transactions;
  world_.firewall_hash.clear();
  return changed();
}

}  // namespace stack
