// A TCP connection of somebody who asks (RFC 7766): one question after another, each read, answered and taken
// within a deadline, so that one who sends or reads an octet a minute is cut off.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "net/dns_common.h"

namespace stack::net::dns {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Self = std::shared_ptr<Connection>;
  struct Events {
    std::function<void(const Self&, Bytes question)> asked;  // answered by reply(), now or later
    std::function<void(const Self&)> closed;
  };
  Connection(boost::asio::io_context& io, UniqueFd socket, Events events);

  void begin() { read_next(); }
  void reply(Bytes message);  // empty: there is none, the connection ends
  void close();               // events no longer come

 private:
  void read_next();
  void read_body();
  void set_deadline();
  void end();

  Descriptor socket_;
  boost::asio::steady_timer timer_;
  Events events_;
  unsigned stage_ = 0;  // tells a deadline that was set from one that was passed
  std::array<std::uint8_t, 2> length_{};
  std::vector<std::uint8_t> body_;
};

}  // namespace stack::net::dns
