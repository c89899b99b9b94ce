#include "net/dns_server.h"

#include <fcntl.h>

#include "net/dns_listener.h"

namespace stack::net {
namespace {

Result<UniqueFd> duplicate(int fd) {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) return os_error("dns: duplicate a socket");
  return copy;
}

}  // namespace

struct DnsServer::State {
  explicit State(boost::asio::io_context& io) : common(new dns::Common(io)) {}

  dns::Listener& listener(const std::string& id) {
    auto& entry = listeners[id];
    if (!entry) {
      entry = std::make_shared<dns::Listener>(common);
      entry->on_broken([this, id] {
        if (broken) broken(id);
      });
    }
    return *entry;
  }

  std::shared_ptr<dns::Common> common;  // make_shared would clear its buffers
  std::map<std::string, std::shared_ptr<dns::Listener>> listeners;
  std::function<void(const std::string& id)> broken;
};

DnsServer::DnsServer(boost::asio::io_context& io) : state_(std::make_unique<State>(io)) {}
DnsServer::~DnsServer() = default;

Result<void> DnsServer::serve(const std::string& id, int udp, int tcp) {
  UniqueFd own_udp = TRY(duplicate(udp));
  UniqueFd own_tcp = TRY(duplicate(tcp));
  return state_->listener(id).set_sockets(std::move(own_udp), std::move(own_tcp)).with("resolver of " + id);
}

void DnsServer::set_view(const std::string& id, std::shared_ptr<const DnsView> view) {
  state_->listener(id).set_view(std::move(view));
}

void DnsServer::on_broken(std::function<void(const std::string& id)> broken) {
  state_->broken = std::move(broken);
}

void DnsServer::stop(const std::string& id) {
  state_->listeners.erase(id);
}

}  // namespace stack::net
