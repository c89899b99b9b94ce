// The two sockets of one network namespace, and all that was asked through them and is not answered yet.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>

#include "net/dns_connection.h"
#include "net/dns_exchange.h"
#include "net/dns_server.h"

namespace stack::net::dns {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  explicit Listener(std::shared_ptr<Common> common);
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Questions wait in the sockets until there is a view.
  Result<void> set_sockets(UniqueFd udp, UniqueFd tcp);
  void set_view(std::shared_ptr<const DnsView> view);
  // The listening socket was destroyed.
  void on_broken(std::function<void()> broken) { broken_ = std::move(broken); }
  void close();

 private:
  using Answered = std::function<void(MutableBytes reply)>;

  void begin();
  void await_udp();
  void await_tcp();
  [[nodiscard]] bool take_datagram();
  [[nodiscard]] bool accept_waiting();
  void asked_over_tcp(const Connection::Self& connection, Bytes question);
  // False: there are as many under way as may be.
  [[nodiscard]] bool forward(Bytes question, const Forward& how, Transport transport, Answered answered);

  std::shared_ptr<Common> common_;
  std::shared_ptr<const DnsView> view_;
  std::vector<SocketAddress> servers_;
  std::size_t preferred_ = 0;  // the server that answered last: one that is down is not asked first each time
  bool listening_ = false;
  std::function<void()> broken_;
  Descriptor udp_, tcp_;
  boost::asio::steady_timer pause_;
  std::set<std::shared_ptr<Exchange>> exchanges_;
  std::deque<Connection::Self> connections_;  // the oldest first
};

}  // namespace stack::net::dns
