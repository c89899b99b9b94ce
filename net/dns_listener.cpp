#include "net/dns_listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace stack::net::dns {
namespace {

using boost::system::error_code;

// Each costs a descriptor and a timer. One container reaches its own bound long before that of all.
constexpr std::size_t kMaxExchanges = 64, kMaxExchangesOfAll = 256;
constexpr std::size_t kMaxConnections = 4;
constexpr int kMaxAtOnce = 32;  // then it is others' turn: a flood from one container must not stop the loop
constexpr std::chrono::milliseconds kPause{200};

}  // namespace

Listener::Listener(std::shared_ptr<Common> common)
    : common_(std::move(common)), udp_(common_->io), tcp_(common_->io), pause_(common_->io) {}

Result<void> Listener::set_sockets(UniqueFd udp, UniqueFd tcp) {
  close();
  error_code error;
  udp_.assign(udp.get(), error);
  if (error) return os_error("dns: watch the UDP socket", error.value());
  (void)udp.release();
  tcp_.assign(tcp.get(), error);
  if (error) return os_error("dns: watch the TCP socket", error.value());
  (void)tcp.release();
  begin();
  return {};
}

void Listener::set_view(std::shared_ptr<const DnsView> view) {
  view_ = std::move(view);
  servers_.clear();
  preferred_ = 0;
  if (!view_) return;
  for (const std::string& text : view_->upstreams)
    if (const auto address = parse_upstream(text)) servers_.push_back(*address);
  begin();
}

void Listener::begin() {
  if (listening_ || !view_ || !udp_.is_open() || !tcp_.is_open()) return;
  listening_ = true;
  await_udp();
  await_tcp();
}

void Listener::close() {
  for (const auto& exchange : exchanges_) exchange->cancel();
  exchanges_.clear();
  for (const auto& connection : connections_) connection->close();
  connections_.clear();
  close_descriptor(udp_);
  close_descriptor(tcp_);
  pause_.cancel();
  listening_ = false;
}

void Listener::await_udp() {
  udp_.async_wait(Descriptor::wait_read, [weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->udp_.is_open()) return;
    for (int left = kMaxAtOnce; left > 0 && self->take_datagram(); --left) {
    }
    self->await_udp();
  });
}

// A question is taken out of the socket only when it is answered or under way: a reconciler that is killed in
// between leaves it to the next one.
bool Listener::take_datagram() {
  if (!view_) return false;
  const int fd = udp_.native_handle();
  sockaddr_storage from{};
  socklen_t from_size = sizeof from;
  const ssize_t size = recvfrom(fd, common_->question.data(), common_->question.size(), MSG_PEEK,
                                reinterpret_cast<sockaddr*>(&from), &from_size);
  if (size < 0) return errno == EINTR;
  const Bytes question = Bytes(common_->question).first(static_cast<std::size_t>(size));
  // A reply that cannot be sent (the asker is gone, its buffer full) is lost as datagrams are: it asks again.
  const auto send = [from, from_size](int to, Bytes reply) {
    (void)sendto(to, reply.data(), reply.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&from),
                 from_size);
  };

  const Decision decision = answer(*view_, question, Transport::udp, common_->rotation++, common_->reply);
  if (const auto* replied = std::get_if<Replied>(&decision))
    send(fd, Bytes(common_->reply).first(replied->size));
  if (const auto* how = std::get_if<Forward>(&decision)) {
    const auto answered = [this, send, question_size = how->question_size,
                           limit = how->max_reply](MutableBytes reply) {
      send(udp_.native_handle(), reply.first(cut_to(reply, question_size, limit)));
    };
    if (!forward(question, *how, Transport::udp, answered))
      send(fd, Bytes(common_->reply).first(answer_failure(question, common_->reply)));
  }
  (void)recv(fd, nullptr, 0, 0);
  return true;
}

void Listener::await_tcp() {
  tcp_.async_wait(Descriptor::wait_read, [weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->tcp_.is_open()) return;
    if (self->accept_waiting()) return self->await_tcp();
    if (!is_listening(self->tcp_.native_handle())) return self->broken_();
    self->pause_.expires_after(kPause);
    self->pause_.async_wait([weak](const error_code& cancelled) {
      const auto paused = weak.lock();
      if (!cancelled && paused && paused->tcp_.is_open()) paused->await_tcp();
    });
  });
}

// False: this process has no descriptors left, and the connection that waits would wake us at once again.
bool Listener::accept_waiting() {
  for (int left = kMaxAtOnce; left > 0; --left) {
    UniqueFd socket(accept4(tcp_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && (errno == ECONNABORTED || errno == EINTR)) continue;
    if (!socket) return errno == EAGAIN;
    // The oldest makes room: whoever holds connections open and idle shuts nobody out.
    if (connections_.size() == kMaxConnections) {
      connections_.front()->close();
      connections_.pop_front();
    }
    Connection::Events events;
    events.asked = [this](const Connection::Self& connection, Bytes question) {
      asked_over_tcp(connection, question);
    };
    events.closed = [this](const Connection::Self& connection) { std::erase(connections_, connection); };
    connections_.push_back(std::make_shared<Connection>(common_->io, std::move(socket), std::move(events)));
    connections_.back()->begin();
  }
  return true;
}

void Listener::asked_over_tcp(const Connection::Self& connection, Bytes question) {
  if (!view_) return connection->reply({});
  const Decision decision = answer(*view_, question, Transport::tcp, common_->rotation++, common_->reply);
  if (const auto* replied = std::get_if<Replied>(&decision))
    return connection->reply(Bytes(common_->reply).first(replied->size));
  const auto* how = std::get_if<Forward>(&decision);
  if (how == nullptr) return connection->reply({});
  const auto answered = [weak = std::weak_ptr(connection)](MutableBytes reply) {
    if (const auto asker = weak.lock()) asker->reply(reply);
  };
  if (!forward(question, *how, Transport::tcp, answered))
    connection->reply(Bytes(common_->reply).first(answer_failure(question, common_->reply)));
}

bool Listener::forward(Bytes question, const Forward& how, Transport transport, Answered answered) {
  if (servers_.empty() || exchanges_.size() >= kMaxExchanges || common_->exchanges >= kMaxExchangesOfAll)
    return false;
  Exchange::Request request;
  request.message.assign(question.begin(), question.end());
  request.question_size = how.question_size;
  request.transport = transport;
  request.servers = servers_;
  request.first = preferred_;
  auto done = [this, answered = std::move(answered)](const std::shared_ptr<Exchange>& exchange,
                                                     MutableBytes reply) {
    exchanges_.erase(exchange);
    const bool failed = reply.empty();
    if (!failed && exchange->server() < servers_.size()) preferred_ = exchange->server();
    const MutableBytes own = common_->reply;
    answered(failed ? own.first(answer_failure(exchange->question(), own)) : reply);
  };
  auto exchange = std::make_shared<Exchange>(common_, std::move(request), std::move(done));
  exchange->begin();
  exchanges_.insert(std::move(exchange));
  return true;
}

}  // namespace stack::net::dns
