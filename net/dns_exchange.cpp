#include "net/dns_exchange.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <cerrno>
#include <chrono>

namespace stack::net::dns {
namespace {

using boost::system::error_code;

// Four tries end before glibc and musl, which wait five seconds, ask again: they get a SERVFAIL instead of a
// silence.
constexpr std::size_t kMaxTries = 4;
constexpr std::chrono::milliseconds kPatience{1200};

std::uint16_t random_id() {
  std::uint16_t id = 0;
  // Up to 256 octets come whole and uninterrupted once the pool is ready (getrandom(2)).
  return getrandom(&id, sizeof id, 0) == sizeof id ? id : 0;
}

}  // namespace

Exchange::Exchange(std::shared_ptr<Common> common, Request request, Done done)
    : common_(std::move(common)),
      request_(std::move(request)),
      done_(std::move(done)),
      asked_id_(id_of(request_.message)),
      socket_(common_->io),
      timer_(common_->io) {
  ++common_->exchanges;
}

Exchange::~Exchange() {
  stop();
  --common_->exchanges;
}

void Exchange::begin() {
  boost::asio::post(common_->io, [self = shared_from_this()] {
    if (self->done_) self->try_next();
  });
}

void Exchange::cancel() {
  done_ = nullptr;
  stop();
}

void Exchange::try_next() {
  stop();
  while (tries_ < kMaxTries) {
    ++tries_;
    if (!ask()) continue;
    timer_.expires_after(kPatience);
    timer_.async_wait([self = shared_from_this(), attempt = tries_](const error_code& error) {
      // A timer that has expired can no longer be cancelled: the try it was set for may be over.
      if (!error && self->done_ && attempt == self->tries_) self->try_next();
    });
    return;
  }
  finish({});
}

// A new socket each time: connected, so that only that server's datagrams come in, and ICMP errors are told.
bool Exchange::ask() {
  const SocketAddress& to = request_.servers[server()];
  const bool tcp = request_.transport == Transport::tcp;
  UniqueFd fd(socket(to.family(), (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return false;
  if (connect(fd.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) return false;

  set_id(request_.message, random_id());
  if (!tcp && send(fd.get(), request_.message.data(), request_.message.size(), MSG_NOSIGNAL) < 0)
    return false;
  error_code error;
  socket_.assign(fd.get(), error);
  if (error) return false;
  (void)fd.release();
  tcp ? await_connection() : await_udp();
  return true;
}

void Exchange::await_udp() {
  socket_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error && self->done_) self->read_udp();
  });
}

void Exchange::read_udp() {
  const ssize_t size = recv(socket_.native_handle(), common_->reply.data(), common_->reply.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return await_udp();
  if (size < 0) return try_next();  // ECONNREFUSED: nobody listens there
  const MutableBytes reply = MutableBytes(common_->reply).first(static_cast<std::size_t>(size));
  // A forgery that missed must not end the wait for the true reply.
  if (!is_reply_to(reply, request_.message, request_.question_size)) return await_udp();
  judge(reply);
}

void Exchange::await_connection() {
  socket_.async_wait(Descriptor::wait_write, [self = shared_from_this()](const error_code& error) {
    if (error || !self->done_) return;
    auto& message = self->request_.message;
    std::array<std::uint8_t, 2> length;
    write16(length, 0, static_cast<std::uint16_t>(message.size()));
    iovec parts[] = {{length.data(), length.size()}, {message.data(), message.size()}};
    msghdr header{};
    header.msg_iov = parts;
    header.msg_iovlen = 2;
    // Into the empty buffer of a new connection it goes whole; a connection that failed says so here.
    const ssize_t sent = sendmsg(self->socket_.native_handle(), &header, MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(length.size() + message.size())) return self->try_next();
    self->read_tcp();
  });
}

void Exchange::read_tcp() {
  boost::asio::async_read(socket_, boost::asio::buffer(length_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error == boost::asio::error::operation_aborted || !self->done_) return;
                            if (error) return self->try_next();
                            self->read_tcp_body();
                          });
}

void Exchange::read_tcp_body() {
  body_.resize(read16(length_, 0));
  boost::asio::async_read(socket_, boost::asio::buffer(body_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error == boost::asio::error::operation_aborted || !self->done_) return;
                            const Request& request = self->request_;
                            if (error || !is_reply_to(self->body_, request.message, request.question_size))
                              return self->try_next();
                            self->judge(self->body_);
                          });
}

// Another server may do better than one that failed; when all do, the asker hears what the last one said.
void Exchange::judge(MutableBytes reply) {
  const Rcode rcode = rcode_of(reply);
  if ((rcode == kFailure || rcode == kRefused) && tries_ < request_.servers.size()) return try_next();
  finish(reply);
}

void Exchange::finish(MutableBytes reply) {
  stop();
  set_id(request_.message, asked_id_);
  if (!reply.empty()) set_id(reply, asked_id_);
  const Done done = std::exchange(done_, nullptr);
  done(shared_from_this(), reply);
}

void Exchange::stop() {
  timer_.cancel();
  close_descriptor(socket_);
}

}  // namespace stack::net::dns
