// One question on its way upstream: from a socket, a source port and an id of its own each time it is asked
// (RFC 5452), to one server after another until one answers or the time is up. Who asked over TCP is served
// over TCP.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "net/dns_answer.h"
#include "net/dns_common.h"
#include "net/dns_upstream.h"

namespace stack::net::dns {

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  // `reply` has the id of the question; empty: nobody answered.
  using Done = std::function<void(const std::shared_ptr<Exchange>&, MutableBytes reply)>;

  struct Request {
    std::vector<std::uint8_t> message;
    std::size_t question_size = 0;
    Transport transport = Transport::udp;
    std::vector<SocketAddress> servers;
    std::size_t first = 0;  // whom to ask first
  };
  Exchange(std::shared_ptr<Common> common, Request request, Done done);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // `done` is called once, never from within begin(), and not at all after cancel().
  void begin();
  void cancel();

  [[nodiscard]] Bytes question() const { return request_.message; }
  // The index of the server that was asked last.
  [[nodiscard]] std::size_t server() const { return (request_.first + tries_ - 1) % request_.servers.size(); }

 private:
  void try_next();
  [[nodiscard]] bool ask();
  void await_udp();
  void read_udp();
  void await_connection();
  void read_tcp();
  void read_tcp_body();
  void judge(MutableBytes reply);
  void finish(MutableBytes reply);
  void stop();

  std::shared_ptr<Common> common_;
  Request request_;
  Done done_;
  std::uint16_t asked_id_;  // by the client
  std::size_t tries_ = 0;
  Descriptor socket_;
  boost::asio::steady_timer timer_;
  std::array<std::uint8_t, 2> length_{};
  std::vector<std::uint8_t> body_;
};

}  // namespace stack::net::dns
