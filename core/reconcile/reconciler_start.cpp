// How a reconciler begins: with what its predecessor left in the kernel, in /run, on disk and with the
// keeper.
#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>

#include "core/engine/runtime_folder.h"
#include "core/keeper/protocol.h"
#include "core/reconcile/dns_views.h"
#include "core/reconcile/kernel_state.h"
#include "core/reconcile/one_off_traces.h"
#include "core/reconcile/pins.h"
#include "core/reconcile/process_identity.h"
#include "core/reconcile/reconciler.h"
#include "core/sys/descriptor_limit.h"
#include "core/sys/files.h"

namespace stack {
namespace {

constexpr std::chrono::seconds kRestorePause(5);
constexpr std::chrono::milliseconds kAcceptPause(100);
constexpr std::size_t kMostSessions = 256;
constexpr int kHandoverPauseMs = 50;

void complain(const std::string& words) {
  std::fprintf(stderr, "%s\n", words.c_str());
}

// Only the user whose stack it is may command it. The folder is closed to others; this holds even if it were
// not.
bool is_ours(int socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace

Result<void> Reconciler::begin() {
  world_.keeper.emplace(UniqueFd(keeper::kKeeperFd));
  world_.boot_id = TRY(boot_id());
  world_.links = TRY(net::Links::open());
  world_.firewall_table = TRY(net::FirewallTable::open(world_.project));
  world_.cgroups = TRY(cgroup::detect());
  TRY(engine::make_runtime_folder(world_.paths.runtime()));
  TRY(hold_folder(world_));
  TRY(drift_.begin([this] { look_for_drift(); }));
  TRY(take_over());
  listen_to_keeper();
  acceptor_.assign(boost::asio::local::stream_protocol(), keeper::kControlFd);
  await_client();
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) shut_down_on_signal();
  });
  // Of the time in which nobody was here; then what is wanted is brought about.
  const Result<void> looked = world_.intent ? look_at_all() : Result<void>();
  if (!looked) complain("look for drift: " + looked.error().words);
  wake();
  return {};
}

Result<void> Reconciler::take_over() {
  std::vector<std::string> faults;
  world_.records = TRY(load_records(world_.paths, faults));
  for (const std::string& fault : faults) complain(fault);
  std::erase_if(world_.records,
                [this](const auto& record) { return record.second.boot_id != world_.boot_id; });
  world_.state.take_over(world_.records);
  begin_events();
  const Result<void> swept = remove_forgotten_one_offs(world_);
  if (!swept) complain(swept.error().words);
  const Result<void> loaded = load_kernel_state(world_);
  if (!loaded) complain(loaded.error().words);
  keeper::Inventory inventory = TRY(world_.keeper->inventory());
  for (auto& stored : inventory.stored) {
    if (stored.key == keeper::wire::kHandoverKey)
      TRY(end_handover(stored.fds));
    else
      world_.stored[stored.key] = std::move(stored.fds);
  }
  restore_or_retry();
  return adopt(std::move(inventory));
}

// From here on it is ours alone.
Result<void> Reconciler::end_handover(const std::vector<UniqueFd>& socket) {
  for (const UniqueFd& fd : socket) keeper::tell_predecessor(fd);
  return world_.keeper->forget(keeper::wire::kHandoverKey);
}

// What cannot be had now (an address that another took while nobody was here, a disk that cannot be read) may
// be had later.
void Reconciler::restore_or_retry() {
  const Result<void> restored = restore_intent();
  if (restored) return;
  complain("restore what is wanted: " + restored.error().words);
  restore_timer_.expires_after(kRestorePause);
  restore_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || world_.intent || down_) return;
    restore_or_retry();
    if (!world_.intent) return;
    const Result<void> served = serve_stored_dns();
    if (!served) complain("serve names: " + served.error().words);
    containers_.decide_restarts();  // of those that ended while nobody knew what is wanted
  });
}

Result<void> Reconciler::restore_intent() {
  std::string warning;
  std::optional<Intent> intent = TRY(load_intent(world_.paths, warning));
  if (!warning.empty()) complain(warning);
  // A stack that was going down when its reconciler was killed goes on going down.
  const auto going_down = read_file(world_.paths.run + "/down");
  if (going_down) {
    world_.intent = std::move(intent);
    world_.intent_wire.clear();
    want_nothing(*going_down == "keep");
    return {};
  }
  if (!intent) return {};
  return accept(*std::move(intent));
}

// The sockets that the keeper has kept. A sandbox whose own are missing counts as not attached: the plan
// makes up for it.
Result<void> Reconciler::serve_stored_dns() {
  for (auto& [key, fds] : world_.stored) {
    if (!key.starts_with("dns/") || fds.size() != 2) continue;
    const std::string owner = key.substr(4);
    if (!world_.desired.sandboxes.contains(owner)) continue;
    TRY(world_.dns.serve(owner, fds[0].get(), fds[1].get()));
    world_.dns.set_view(owner, dns_view(world_.desired, owner));
  }
  for (auto& [owner, sandbox] : world_.sandboxes)
    if (!world_.stored.contains("dns/" + owner)) sandbox.networks.clear();
  return {};
}

Result<void> Reconciler::adopt(keeper::Inventory inventory) {
  TRY(serve_stored_dns());
  // Hooks before the containers that they belong to, which ask for them.
  std::vector<keeper::Inventory::Watched> others;
  for (auto& watched : inventory.watched) {
    if (Hooks::is_name(watched.watch.name))
      hooks_.adopt(std::move(watched));
    else
      others.push_back(std::move(watched));
  }
  for (auto& watched : others) {
    if (watched.watch.name.starts_with("exec/")) {
      execs_.adopt(watched);
    } else if (watched.watch.name.starts_with("health/")) {
      // Its verdict died with the reconciler that asked for it: the next check will tell.
      if (watched.exit)
        TRY(world_.keeper->acknowledge(watched.watch.name, watched.watch.pid));
      else
        ::kill(watched.watch.pid, SIGKILL);
    } else {
      TRY(containers_.adopt(std::move(watched)));
    }
  }
  containers_.settle_unwatched();
  hooks_.settle_unclaimed();
  runs_.adopt();
  return {};
}

void Reconciler::listen_to_keeper() {
  if (!keeper_events_.is_open()) keeper_events_.assign(world_.keeper->fd());
  keeper_events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [this](const boost::system::error_code& error) {
                              if (!error) keeper_spoke();
                            });
}

void Reconciler::keeper_spoke() {
  for (;;) {
    auto report = world_.keeper->receive();
    if (!report) return keeper_died();
    if (!*report) break;
    if (const auto* exit = std::get_if<keeper::Exit>(&**report)) exited(*exit);
    // Of those that are no containers (an exec, a hook) it is nobody's business.
    if (const auto* stop = std::get_if<keeper::Stop>(&**report)) drift_.hear_stop(stop->name);
  }
  listen_to_keeper();
}

void Reconciler::exited(const keeper::Exit& exit) {
  if (execs_.exited(exit)) return;
  Result<void> noted;
  if (health_.exited(exit) || hooks_.exited(exit))
    noted = world_.keeper->acknowledge(exit.name, exit.pid);
  else
    noted = containers_.exited(exit);
  if (!noted) complain(exit.name + ": " + noted.error().words);
}

// The containers live on. A new keeper gets all that the old one held, and starts a new reconciler, which is
// its child and can therefore make it the parent of new containers (CLONE_PARENT).
void Reconciler::keeper_died() {
  keeper::Handover handover;
  handover.control = keeper::kControlFd;
  for (const auto& [service, process] : world_.processes) {
    const ContainerRecord& record = world_.records.at(service);
    const std::string log_dir = process.out ? world_.paths.log_dir(service) : "";
    handover.processes.push_back({{service, record.pid, record.start_time, log_dir, process.limits},
                                  process.pidfd.get(),
                                  process.out.get(),
                                  process.err.get()});
  }
  for (const auto& [key, fds] : world_.stored) {
    std::vector<int> numbers;
    for (const UniqueFd& fd : fds) numbers.push_back(fd.get());
    handover.stored.emplace_back(key, std::move(numbers));
  }
  for (;;) {
    const auto handed = keeper::start_new_keeper(world_.project, handover);
    const auto successor = handed ? keeper::await_successor(*handed) : handed.error();
    if (successor && *successor == keeper::Successor::has_everything) break;
    // Whatever is in the way (memory, an upgrade that is just replacing the program): with us would end what
    // we hold.
    if (!handed && handed.error().code == EBUSY) break;
    complain("start a new keeper: " + (successor ? "it was killed" : successor.error().words));
    ::poll(nullptr, 0, kHandoverPauseMs);
  }
  std::fflush(stderr);
  ::_exit(0);
}

void Reconciler::await_client() {
  acceptor_.async_accept(
      [this](const boost::system::error_code& error, boost::asio::local::stream_protocol::socket socket) {
        if (!acceptor_.is_open()) return;
        if (!error) greet(std::move(socket));
        if (!error) return await_client();
        // No descriptor left, say: asking again at once would be a loop.
        accept_timer_.expires_after(kAcceptPause);
        accept_timer_.async_wait([this](const boost::system::error_code& cancelled) {
          if (!cancelled) await_client();
        });
      });
}

void Reconciler::greet(boost::asio::local::stream_protocol::socket socket) {
  if (!is_ours(socket.native_handle())) return;
  std::erase_if(sessions_, [](const std::weak_ptr<Session>& weak) { return weak.expired(); });
  if (sessions_.size() >= kMostSessions)
    return;  // whoever is refused sees the connection end, and may try again
  auto session = std::make_shared<Session>(
      std::move(socket), [this](const SessionPtr& who, const nlohmann::json& request,
                                const std::vector<UniqueFd>& fds) { handle(who, request, fds); });
  sessions_.push_back(session);
  session->begin();
}

int run_reconciler(const std::string& project) {
  raise_descriptor_limit();
  boost::asio::io_context io(1);
  Reconciler reconciler(io, project);
  const Result<void> begun = reconciler.begin();
  if (!begun) {
    complain("reconcile " + project + ": " + begun.error().words);
    return 1;
  }
  io.run();
  return 0;
}

}  // namespace stack
