// The resolver at 127.0.0.11 in each network namespace: names of the services that share a network with the
// asker, the rest forwarded upstream from the host's namespace. Sockets outlive the server: they are kept by
// the keeper, so that a question asked while no reconciler lives waits in the socket and is answered by the
// next one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::net {

struct DnsSockets {
  UniqueFd udp, tcp;
};
// Bound to 127.0.0.11:53 inside `netns` (an nsfs descriptor).
Result<DnsSockets> open_dns_sockets(int netns);
// Whether nobody has destroyed it (SOCK_DESTROY of sock_diag(7), `ss -K`): a listener listens no more then,
// while a datagram socket lives on.
bool is_listening(int tcp);
// A new listener beside the datagram socket, which stays.
Result<UniqueFd> open_dns_listener(int netns);

struct DnsView {                                          // what one network namespace may ask
  std::map<std::string, std::vector<std::string>> names;  // lower case name -> addresses, IPv4 and IPv6
  std::vector<std::string> search;                        // suffixes taken off before the look-up
  std::vector<std::string> upstreams;  // addresses; empty: nothing is forwarded (internal networks)
};

class DnsServer {
 public:
  explicit DnsServer(boost::asio::io_context& io);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // Duplicates the two descriptors. Serving `id` again replaces the sockets.
  Result<void> serve(const std::string& id, int udp, int tcp);
  void set_view(const std::string& id, std::shared_ptr<const DnsView> view);
  void stop(const std::string& id);
  // Called once when the listener of `id` was destroyed; it is asked for nothing more until served again.
  void on_broken(std::function<void(const std::string& id)> broken);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The nameservers of the host's /etc/resolv.conf (that of systemd-resolved's real upstreams where the stub is
// named).
std::vector<std::string> host_nameservers();

}  // namespace stack::net
