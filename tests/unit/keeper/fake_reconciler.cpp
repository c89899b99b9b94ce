#include "tests/unit/keeper/fake_reconciler.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/keeper/keeper_link.h"
#include "core/keeper/protocol.h"

namespace stack::keeper {
namespace {

volatile std::sig_atomic_t asked_to_end = 0;

struct Watched {
  Watch watch;
  UniqueFd pidfd, out, err;
};

std::string words_of(const Exit& exit) {
  std::string status = exit.known ? (exit.signaled ? "signal" : "") + std::to_string(exit.status) : "unknown";
  return " " + exit.name + ":" + std::to_string(exit.pid) + ":" + status;
}

std::string text_in(int fd) {
  char text[256];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  return std::string(text, n > 0 ? static_cast<std::size_t>(n) : 0);
}

[[noreturn]] void run_child(int go, int out, int err, const char* command) {
  char byte = 0;
  if (::read(go, &byte, 1) != 1) ::_exit(99);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::close_range(3, ~0u, 0);
  ::execl("/bin/sh", "sh", "-c", command, nullptr);
  ::_exit(127);
}

class FakeReconciler {
 public:
  explicit FakeReconciler(std::string project) : project_(std::move(project)), link_(UniqueFd(kKeeperFd)) {}

  int run() {
    hold();
    auto inventory = link_.inventory();
    if (!inventory) return 1;
    for (auto& watched : inventory->watched) {
      const std::string running =
          " " + watched.watch.name + ":" + std::to_string(watched.watch.pid) + ":running";
      inventory_.insert(watched.exit ? words_of(*watched.exit) : running);
      watched_.push_back(
          {watched.watch, std::move(watched.pidfd), std::move(watched.out), std::move(watched.err)});
    }
    for (auto& stored : inventory->stored) stored_[stored.key] = std::move(stored.fds);
    end_handover();
    while (asked_to_end == 0) turn();
    static_cast<void>(link_.retire());
    return 0;
  }

 private:
  // A test has it wait here, where nobody but its predecessor and the keeper has anything.
  void hold() {
    const std::string folder = "/run/stack/" + project_;
    const pid_t keeper = ::getppid();
    while (::access((folder + "/hold").c_str(), F_OK) == 0 && ::getppid() == keeper) {
      std::ofstream(folder + "/held.new") << keeper;
      std::rename((folder + "/held.new").c_str(), (folder + "/held").c_str());
      ::poll(nullptr, 0, 1);
    }
  }

  void end_handover() {
    const auto handover = stored_.find(wire::kHandoverKey);
    if (handover == stored_.end()) return;
    for (const UniqueFd& socket : handover->second) tell_predecessor(socket);
    static_cast<void>(link_.forget(wire::kHandoverKey));
    stored_.erase(handover);
  }

  void turn() {
    pollfd waits[3] = {{link_.fd(), POLLIN, 0}, {kControlFd, POLLIN, 0}, {client_.get(), POLLIN, 0}};
    if (::poll(waits, 3, -1) < 0) return;
    if (waits[0].revents != 0) hear();
    if (waits[1].revents != 0)
      client_.reset(::accept4(kControlFd, nullptr, nullptr, SOCK_CLOEXEC));
    else if (waits[2].revents != 0)
      answer();
  }

  void hear() {
    for (;;) {
      auto report = link_.receive();
      if (!report) hand_over();
      if (!*report) return;
      if (const auto* exit = std::get_if<Exit>(&**report)) exits_.insert(words_of(*exit));
      if (const auto* stop = std::get_if<Stop>(&**report))
        stops_.insert(" " + stop->name + ":" + std::to_string(stop->pid));
    }
  }

  [[noreturn]] void hand_over() {
    Handover handover;
    handover.control = kControlFd;
    for (const Watched& w : watched_)
      handover.processes.push_back({w.watch, w.pidfd.get(), w.out.get(), w.err.get()});
    for (const auto& [key, fds] : stored_) {
      std::vector<int> numbers;
      for (const UniqueFd& fd : fds) numbers.push_back(fd.get());
      handover.stored.emplace_back(key, numbers);
    }
    for (;;) {
      const auto handed = start_new_keeper(project_, handover);
      if (!handed) std::fprintf(stderr, "%s\n", handed.error().words.c_str());
      const auto successor = handed ? await_successor(*handed) : handed.error();
      if (successor && *successor == Successor::has_everything) ::_exit(0);
    }
  }

  void answer() {
    char text[4096];
    const ssize_t n = ::read(client_.get(), text, sizeof text);
    if (n <= 0) return client_.reset();
    std::istringstream line(std::string(text, static_cast<std::size_t>(n)));
    const std::string reply = obey(line) + "\n";
    if (::send(client_.get(), reply.data(), reply.size(), MSG_NOSIGNAL) < 0) client_.reset();
  }

  std::string obey(std::istringstream& line) {
    std::string verb;
    std::string name;
    line >> verb;
    if (verb == "pid") return std::to_string(::getpid());
    if (verb == "keeper") return std::to_string(::getppid());
    if (verb == "stray") return std::to_string(clone("true", nullptr));
    if (verb == "inventory") return joined(inventory_);
    if (verb == "exits") return joined(exits_);
    if (verb == "stops") return joined(stops_);
    if (verb == "stored") return stored();
    line >> name;
    if (verb == "spawn") return spawn(name, line);
    if (verb == "store") return store(name, line);
    if (verb != "ack") return "what?";
    pid_t pid = -1;
    line >> pid;
    std::erase_if(watched_, [&](const Watched& w) { return w.watch.pid == pid; });
    return link_.acknowledge(name, pid) ? "ok" : "failed";
  }

  static std::string joined(const std::multiset<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += word;
    return all;
  }

  std::string stored() const {
    std::string all;
    for (const auto& [key, fds] : stored_) all += " " + key + "=" + text_in(fds.at(0).get());
    return all;
  }

  std::string store(const std::string& key, std::istringstream& line) {
    std::string text;
    line >> text;
    UniqueFd fd(::memfd_create("stored", MFD_CLOEXEC));
    if (::write(fd.get(), text.data(), text.size()) < 0 || !link_.store(key, {fd.get()})) return "failed";
    stored_[key].clear();
    stored_[key].push_back(std::move(fd));
    return "ok";
  }

  std::string spawn(const std::string& name, std::istringstream& line) {
    Watched watched;
    watched.watch.name = name;
    line >> watched.watch.log_dir;
    std::string command;
    std::getline(line, command);
    // A name that begins with "small" has small files.
    watched.watch.limits = name.starts_with("small") ? LogLimits{64u << 10, 3} : LogLimits{100u << 20, 3};
    UniqueFd go;
    go_ = &go;
    watched.watch.pid = clone(command, &watched);
    watched.watch.start_time = start_time(watched.watch.pid);
    if (!link_.watch(watched.watch, watched.pidfd.get(), watched.out.get(), watched.err.get()))
      return "failed";
    if (::write(go.get(), "", 1) != 1) return "failed";
    const std::string pid = std::to_string(watched.watch.pid);
    watched_.push_back(std::move(watched));
    return pid;
  }

  static std::uint64_t start_time(pid_t pid) {
    const UniqueFd fd(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY));
    char text[1024] = {};
    if (::read(fd.get(), text, sizeof text - 1) <= 0) return 0;
    std::istringstream fields(std::string(text).substr(std::string(text).rfind(')') + 2));
    std::string field;
    for (int i = 0; i < 20; ++i) fields >> field;
    return std::stoull(field);
  }

  // Without `watched` it waits forever for its release.
  pid_t clone(const std::string& command, Watched* watched) {
    int go[2];
    int out[2];
    int err[2];
    if (::pipe2(go, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
      return -1;
    int pidfd = -1;
    clone_args args{};
    args.flags = CLONE_PARENT | CLONE_PIDFD;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (pid == 0) {
      // One that nobody will release holds its own line, so that only the keeper can end it.
      if (watched != nullptr) ::close(go[1]);
      run_child(go[0], out[1], err[1], command.c_str());
    }
    for (const int fd : {go[0], out[1], err[1]}) ::close(fd);
    if (watched == nullptr) return pid;
    go_->reset(go[1]);
    watched->pidfd.reset(pidfd);
    watched->out.reset(out[0]);
    watched->err.reset(err[0]);
    return pid;
  }

  std::string project_;
  Link link_;
  UniqueFd client_;
  UniqueFd* go_ = nullptr;
  std::vector<Watched> watched_;
  std::map<std::string, std::vector<UniqueFd>> stored_;
  std::multiset<std::string> inventory_, exits_, stops_;
};

}  // namespace

int run_fake_reconciler(const std::string& project) {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_end = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  return FakeReconciler(project).run();
}

}  // namespace stack::keeper
