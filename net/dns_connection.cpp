#include "net/dns_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

namespace stack::net::dns {
namespace {

using boost::system::error_code;

// For a question to come in whole and its answer to be taken; longer than an exchange with upstreams lasts.
constexpr std::chrono::seconds kDeadline{6};

}  // namespace

Connection::Connection(boost::asio::io_context& io, UniqueFd socket, Events events)
    : socket_(io), timer_(io), events_(std::move(events)) {
  error_code error;
  socket_.assign(socket.get(), error);
  if (!error) (void)socket.release();  // else the first read finds no descriptor and ends the connection
}

void Connection::read_next() {
  set_deadline();
  boost::asio::async_read(socket_, boost::asio::buffer(length_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            const std::size_t length = read16(self->length_, 0);
                            if (error || length < kHeaderSize || length > kMaxQuerySize) return self->end();
                            self->body_.resize(length);
                            self->read_body();
                          });
}

void Connection::read_body() {
  boost::asio::async_read(socket_, boost::asio::buffer(body_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error) return self->end();
                            // A copy, because the answer may end the connection and so its events.
                            if (const auto asked = self->events_.asked) asked(self, self->body_);
                          });
}

void Connection::reply(Bytes message) {
  if (!socket_.is_open()) return;
  if (message.empty()) return end();
  body_.resize(length_.size() + message.size());
  write16(body_, 0, static_cast<std::uint16_t>(message.size()));
  std::copy(message.begin(), message.end(), body_.begin() + static_cast<std::ptrdiff_t>(length_.size()));
  boost::asio::async_write(socket_, boost::asio::buffer(body_),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (error) return self->end();
                             self->read_next();
                           });
}

void Connection::set_deadline() {
  timer_.expires_after(kDeadline);
  timer_.async_wait([weak = weak_from_this(), stage = ++stage_](const error_code& error) {
    const Self self = weak.lock();
    if (!error && self && stage == self->stage_) self->end();
  });
}

void Connection::close() {
  events_ = {};
  timer_.cancel();
  close_descriptor(socket_);
}

void Connection::end() {
  const auto closed = std::exchange(events_.closed, nullptr);
  close();
  if (closed) closed(shared_from_this());
}

}  // namespace stack::net::dns
