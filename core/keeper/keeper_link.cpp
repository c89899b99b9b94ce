#include "core/keeper/keeper_link.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "core/keeper/messages.h"

namespace stack::keeper {
namespace {

std::string text_of(const char* text, std::size_t size) {
  return std::string(text, ::strnlen(text, size));
}

std::vector<UniqueFd> own(const std::vector<int>& numbers) {
  std::vector<UniqueFd> fds;
  for (const int number : numbers) fds.emplace_back(number);
  return fds;
}

Exit exit_of(const std::string& name, pid_t pid, const wire::ExitBody& body) {
  Exit exit;
  exit.name = name;
  exit.pid = pid;
  exit.known = body.known != 0;
  exit.status = body.status;
  exit.signaled = body.signaled != 0;
  exit.time_ns = body.time_ns;
  return exit;
}

// The descriptors come in the order of the bits that announce them.
Inventory::Watched watched_of(const wire::WatchMessage& message, std::vector<UniqueFd> fds) {
  Inventory::Watched watched;
  Watch& watch = watched.watch;
  watch.name = text_of(message.name, sizeof message.name);
  watch.pid = message.pid;
  watch.start_time = message.start_time;
  watch.log_dir = text_of(message.log_dir, sizeof message.log_dir);
  watch.limits = {message.max_bytes, message.max_files};
  std::size_t next = 0;
  const auto take = [&](std::uint32_t bit, UniqueFd& into) {
    if ((message.fds & bit) != 0 && next < fds.size()) into = std::move(fds[next++]);
  };
  take(wire::kHasPidfd, watched.pidfd);
  take(wire::kHasOut, watched.out);
  take(wire::kHasErr, watched.err);
  if (message.exit.ended != 0) watched.exit = exit_of(watch.name, watch.pid, message.exit);
  return watched;
}

}  // namespace

Result<void> Link::watch(const Watch& watch, int pidfd, int out, int err) {
  return send_watch(socket_.get(), watch, pidfd, out, err);
}

Result<void> Link::acknowledge(const std::string& name, pid_t pid) {
  return send_name(socket_.get(), wire::Kind::acknowledge, name, pid);
}

Result<void> Link::reopen_log(const std::string& name, pid_t pid) {
  return send_name(socket_.get(), wire::Kind::reopen, name, pid);
}

Result<void> Link::store(const std::string& key, const std::vector<int>& fds) {
  return send_name(socket_.get(), wire::Kind::store, key, -1, fds);
}

Result<void> Link::forget(const std::string& key) {
  return send_name(socket_.get(), wire::Kind::forget, key);
}

Result<void> Link::retire() {
  return send_name(socket_.get(), wire::Kind::retire, "");
}

Result<Inventory> Link::inventory() {
  // The keeper had to leave it open over exec; from here on no program that we start may have it.
  if (::fcntl(socket_.get(), F_SETFD, FD_CLOEXEC) != 0) return os_error("close the keeper's socket on exec");
  TRY(send_name(socket_.get(), wire::Kind::inventory, ""));
  Inventory inventory;
  for (;;) {
    wire::AnyMessage message;
    std::vector<int> numbers;
    const Got got = TRY(receive_message(socket_.get(), message, numbers, Wait::yes));
    std::vector<UniqueFd> fds = own(numbers);
    if (got == Got::hung_up) return os_error("ask the keeper for its inventory", ENOTCONN);
    if (message.kind == wire::Kind::end) return inventory;
    if (message.kind == wire::Kind::watch)
      inventory.watched.push_back(watched_of(message.watch, std::move(fds)));
    else if (message.kind == wire::Kind::store)
      inventory.stored.push_back({text_of(message.name.name, sizeof message.name.name), std::move(fds)});
  }
}

Result<std::optional<Report>> Link::receive() {
  for (;;) {
    wire::AnyMessage message;
    std::vector<int> numbers;
    const Got got = TRY(receive_message(socket_.get(), message, numbers, Wait::no));
    const std::vector<UniqueFd> unasked = own(numbers);
    if (got == Got::hung_up) return os_error("hear the keeper", ENOTCONN);
    if (got == Got::nothing) return std::optional<Report>();
    if (message.kind == wire::Kind::stopped) {
      const wire::NameMessage& stop = message.name;
      return std::optional<Report>(Stop{text_of(stop.name, sizeof stop.name), stop.pid});
    }
    if (message.kind != wire::Kind::exit) continue;  // a word of a later keeper
    const wire::ExitMessage& exit = message.exit;
    return std::optional<Report>(exit_of(text_of(exit.name, sizeof exit.name), exit.pid, exit.exit));
  }
}

}  // namespace stack::keeper
