#include "core/control/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "core/sys/descriptors.h"

namespace stack::control {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFds = 4;

void attach(msghdr& message, const std::vector<int>& fds, char* buffer) {
  if (fds.empty()) return;
  message.msg_control = buffer;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
}

}  // namespace

bool is_absent(const Error& error) {
  return error.code == ENOENT || error.code == ECONNREFUSED;
}

Result<Client> Client::connect(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path)
    return os_error("connect to \"" + socket + "\"", ENAMETOOLONG);
  socket.copy(address.sun_path, socket.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return os_error("make a socket");
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    if (errno != EINTR) return os_error("connect to \"" + socket + "\"");
  return Client(std::move(fd));
}

Result<void> Client::send(const json& request, const std::vector<int>& fds) {
  if (fds.size() > kMaxFds) return os_error("send a request with descriptors", E2BIG);
  const std::string line = request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds)] = {};
  for (std::size_t sent = 0; sent < line.size();) {
    iovec io{const_cast<char*>(line.data()) + sent, line.size() - sent};  // sendmsg(2) does not write to it
    msghdr message{};
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    if (sent == 0) attach(message, fds, control);
    const ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    // It hung up on us in the middle. What it said before that is still to be read: the answer tells why.
    if (n < 0 && errno == EPIPE) return os_error("send the request", ECONNRESET);
    if (n < 0) return os_error("send the request");
    sent += static_cast<std::size_t>(n);
  }
  return {};
}

Result<void> Client::read_some() {
  char bytes[65536];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds)];
  iovec io{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (n < 0 && errno != ECONNRESET) return os_error("read from the reconciler");
  if (n <= 0) {
    closed_ = true;
    return {};
  }
  take_descriptors(message, fds_);
  incoming_.append(bytes, static_cast<std::size_t>(n));
  return {};
}

Result<std::optional<json>> Client::next() {
  const auto newline = incoming_.find('\n');
  if (newline == std::string::npos) return std::optional<json>();
  json event =
      json::parse(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(newline), nullptr,
                  /*allow_exceptions=*/false);
  incoming_.erase(0, newline + 1);
  if (!event.is_object()) return fault("the reconciler sent what is no JSON object");
  return std::optional<json>(std::move(event));
}

UniqueFd Client::take_fd() {
  if (fds_.empty()) return UniqueFd();
  UniqueFd fd = std::move(fds_.front());
  fds_.erase(fds_.begin());
  return fd;
}

Result<json> Client::receive(int timeout_ms) {
  for (;;) {
    if (auto event = TRY(next())) return std::move(*event);
    if (closed_) return os_error("wait for the reconciler", ECONNRESET);
    pollfd wait{socket_.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, timeout_ms);
    if (ready == 0) return os_error("wait for the reconciler", ETIMEDOUT);
    if (ready < 0 && errno != EINTR) return os_error("wait for the reconciler");
    if (ready > 0) TRY(read_some());
  }
}

}  // namespace stack::control
