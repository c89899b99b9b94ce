#include "core/reconcile/session.h"

#include <sys/socket.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/control/protocol.h"
#include "core/sys/descriptors.h"

namespace stack {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxQueuedBytes = 8u << 20;
constexpr std::size_t kMaxFds = 4;

}  // namespace

void Session::await_bytes() {
  socket_.async_wait(boost::asio::socket_base::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->receive();
                     });
}

void Session::receive() {
  if (!take_bytes()) return hang_up();
  take_lines();
  if (socket_.is_open()) await_bytes();
}

// One recvmsg; false when the client has hung up or misbehaves.
bool Session::take_bytes() {
  char bytes[16384];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds)];
  iovec io{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = ::recvmsg(socket_.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  take_descriptors(message, incoming_fds_);
  if (n == 0 || incoming_fds_.size() > kMaxFds) return false;
  incoming_.append(bytes, static_cast<std::size_t>(n));
  return incoming_.size() <= control::kMaxRequestBytes;
}

void Session::take_lines() {
  for (;;) {
    const auto newline = incoming_.find('\n');
    if (newline == std::string::npos) return;
    const json request =
        json::parse(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(newline), nullptr,
                    /*allow_exceptions=*/false);
    incoming_.erase(0, newline + 1);
    if (incoming_.empty()) incoming_.shrink_to_fit();
    if (!request.is_object()) return result(1, std::string("the request is not a JSON object"));
    handler_(shared_from_this(), request, std::exchange(incoming_fds_, {}));
  }
}

void Session::send(const json& event, UniqueFd fd) {
  if (!socket_.is_open()) return;
  // Bytes of a container (a command line, say) need not be UTF-8: they are replaced, never a reason to throw.
  Outgoing out{event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n", std::move(fd)};
  queued_ += out.line.size();
  outgoing_.push_back(std::move(out));
  if (queued_ > kMaxQueuedBytes) return hang_up();
  if (!waiting_for_room_) flush();
}

void Session::result(int code, const std::string& error) {
  json event{{"event", "result"}, {"code", code}};
  if (!error.empty()) event["error"] = error;
  wants_progress = false;
  send(event);
}

void Session::answer(int code, const json& data) {
  wants_progress = false;
  send({{"event", "result"}, {"code", code}, {"data", data}});
}

void Session::flush() {
  while (!outgoing_.empty()) {
    Outgoing& out = outgoing_.front();
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec io{out.line.data(), out.line.size()};
    msghdr message{};
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    if (out.fd) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* c = CMSG_FIRSTHDR(&message);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof(int));
      const int fd = out.fd.get();
      std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return await_room();
    if (n < 0) return hang_up();
    out.fd.reset();  // it went with the first byte
    queued_ -= static_cast<std::size_t>(n);
    out.line.erase(0, static_cast<std::size_t>(n));
    if (out.line.empty()) outgoing_.pop_front();
  }
  if (finishing_) hang_up();
}

void Session::await_room() {
  waiting_for_room_ = true;
  socket_.async_wait(boost::asio::socket_base::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->waiting_for_room_ = false;
                       if (!error) self->flush();
                     });
}

void Session::finish() {
  finishing_ = true;
  if (outgoing_.empty()) hang_up();
}

void Session::hang_up() {
  boost::system::error_code ignored;  // the peer may be gone, which is what is wanted
  socket_.close(ignored);
  wants_progress = watches = hears = false;
}

}  // namespace stack
