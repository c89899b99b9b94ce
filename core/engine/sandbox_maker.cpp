#include "core/engine/sandbox_maker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <utility>
#include <vector>

#include "core/sys/descriptors.h"
#include "core/sys/outcome.h"
#include "core/sys/syscalls.h"

namespace stack::engine {
namespace {

constexpr std::size_t kLongestMessage = std::size_t{32} * 1024;  // four paths and two names

std::string to_message(const SandboxRequest& r) {
  std::string message;
  for (const std::string& field :
       {r.user, std::to_string(r.range.base), std::to_string(r.range.count), r.paths.net, r.paths.ipc,
        r.paths.uts, r.paths.hostname, r.paths.domainname, std::to_string(r.paths.shm_size)})
    message.append(field).push_back('\0');
  return message;
}

template <typename Number>
Number to_number(const std::string& text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

SandboxRequest from_message(std::string_view message) {
  std::array<std::string, 9> fields;
  for (std::string& field : fields) {
    field = message.substr(0, message.find('\0'));
    message.remove_prefix(field.size() + 1);
  }
  SandboxRequest r;
  r.user = fields[0];
  r.range = {to_number<std::uint32_t>(fields[1]), to_number<std::uint32_t>(fields[2])};
  r.paths = {fields[3], fields[4], fields[5], fields[6], fields[7], to_number<std::uint64_t>(fields[8])};
  return r;
}

Result<std::string> receive(int line) {
  std::string message(kLongestMessage, '\0');
  ssize_t n = -1;
  do n = ::recv(line, message.data(), message.size(), 0);
  while (n < 0 && errno == EINTR);
  if (n < 0) return os_error("receive from the child that makes namespaces");
  message.resize(static_cast<std::size_t>(n));
  return message;
}

Result<void> send(int line, const std::string& message) {
  ssize_t n = -1;
  do n = ::send(line, message.data(), message.size(), MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0) return os_error("send to the child that makes namespaces");
  return {};
}

[[noreturn]] void serve(int line, pid_t parent) {
  // What a dead reconciler has asked for its successor asks for again.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
  // A client waits for the end of its connection, the keeper for that of its channel.
  close_all_but({line});
  for (;;) {
    const Result<std::string> message = receive(line);
    if (!message || message->empty() || !send(line, outcome_text(make_sandbox(from_message(*message)))))
      ::_exit(0);
  }
}

}  // namespace

Result<SandboxMaker> SandboxMaker::start() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
    return os_error("make a socket pair for the child that makes namespaces");
  UniqueFd ours(fds[0]);
  const UniqueFd theirs(fds[1]);
  const pid_t parent = ::getpid();
  clone_args args{};  // no signal at its end: we reap it by its pid
  const pid_t pid = clone3(args);
  if (pid < 0) return os_error("clone the child that makes namespaces");
  if (pid == 0) serve(theirs.get(), parent);
  return SandboxMaker(pid, std::move(ours));
}

SandboxMaker::SandboxMaker(SandboxMaker&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), line_(std::move(other.line_)) {}

SandboxMaker::~SandboxMaker() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

Result<void> SandboxMaker::ask(const SandboxRequest& request) {
  return send(line_.get(), to_message(request));
}

Result<void> SandboxMaker::answer() {
  const auto outcome = parse_outcome(TRY(receive(line_.get())));
  return outcome ? *outcome : fault("the child that makes namespaces has ended");
}

}  // namespace stack::engine
