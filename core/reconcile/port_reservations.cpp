#include "core/reconcile/port_reservations.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <set>

namespace stack {
namespace {

constexpr char kPrefix[] = "port/";

std::string key_of(const PublishedPort& port) {
  return kPrefix + port.protocol + "/" + port.host_ip + "/" + std::to_string(port.published);
}

std::string words_of(const PublishedPort& port) {
  return (port.host_ip.empty() ? "" : port.host_ip + ":") + std::to_string(port.published) + "/" +
         port.protocol;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// No host IP: the unspecified IPv6 address, whose socket takes the port for IPv4 as well.
Result<Address> address_of(const PublishedPort& port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (port.host_ip.empty() || ::inet_pton(AF_INET6, port.host_ip.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port.published);
    address.length = sizeof *v6;
  } else if (::inet_pton(AF_INET, port.host_ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port.published);
    address.length = sizeof *v4;
  } else {
    return fault("publish " + words_of(port) + ": \"" + port.host_ip + "\" is no address");
  }
  return address;
}

Result<UniqueFd> bind_port(const PublishedPort& port) {
  Address address = TRY(address_of(port));
  const int type = port.protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  const int protocol = port.protocol == "sctp" ? IPPROTO_SCTP : 0;
  UniqueFd fd(::socket(address.storage.ss_family, type | SOCK_CLOEXEC, protocol));
  if (!fd && errno == EAFNOSUPPORT && port.host_ip.empty()) {  // a host without IPv6
    address = TRY(address_of({"0.0.0.0", port.published, port.target, port.protocol}));
    fd.reset(::socket(AF_INET, type | SOCK_CLOEXEC, protocol));
  }
  if (!fd && protocol != 0 && errno == EPROTONOSUPPORT)
    return fault("publish " + words_of(port) + ": this kernel has no SCTP (module \"sctp\")");
  if (!fd) return os_error("publish " + words_of(port));
  if (address.storage.ss_family == AF_INET6) {
    const int only6 = port.host_ip.empty() ? 0 : 1;
    if (::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6) != 0)
      return os_error("publish " + words_of(port));
  }
  // An address that is not the host's yet (a lease to come) does not keep the stack from starting.
  const int free_bind = 1;
  if (::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &free_bind, sizeof free_bind) != 0)
    return os_error("publish " + words_of(port));
  const auto bind_to = [&] {
    return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0;
  };
  if (bind_to()) return fd;
  if (errno != EADDRINUSE || type != SOCK_STREAM) return os_error("publish " + words_of(port));
  // Perhaps by connections in TIME_WAIT alone, of a server that had the port before. Not set at once: two
  // sockets that both have it, and do not listen, may have the same port.
  const int reuse = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) != 0)
    return os_error("publish " + words_of(port));
  if (!bind_to()) return os_error("publish " + words_of(port));
  const int exclusive = 0;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &exclusive, sizeof exclusive) != 0)
    return os_error("publish " + words_of(port));
  return fd;
}

Result<std::uint16_t> port_of(const UniqueFd& fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &length) != 0)
    return os_error("getsockname");
  return storage.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port)
                                       : ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

// Every host port for this entry: itself, or one of its range, or any (0).
bool may_be(const PublishedPort& port, std::uint16_t number) {
  if (port.published == 0) return true;
  const std::uint16_t last = port.published_last == 0 ? port.published : port.published_last;
  return port.published <= number && number <= last;
}

bool is_open(const PublishedPort& port) {
  return port.published == 0 || port.published_last != 0;
}

std::uint16_t port_before(const StackSpec* before, const std::string& service, const PublishedPort& port,
                          std::size_t index) {
  if (before == nullptr || !before->services.contains(service)) return 0;
  const auto& ports = before->services.at(service).ports;
  if (index >= ports.size()) return 0;
  const PublishedPort& old = ports[index];
  const bool same = old.target == port.target && old.protocol == port.protocol && old.host_ip == port.host_ip;
  return same && !is_open(old) && may_be(port, old.published) ? old.published : 0;
}

// Ports that the file names are not for those that take any.
std::set<std::pair<std::uint16_t, std::string>> named_ports(const StackSpec& spec) {
  std::set<std::pair<std::uint16_t, std::string>> named;
  for (const auto& [name, service] : spec.services)
    for (const PublishedPort& port : service.ports)
      if (!is_open(port)) named.emplace(port.published, port.protocol);
  return named;
}

void settle_on(PublishedPort& port, std::uint16_t number) {
  port.published = number;
  port.published_last = 0;
}

// The first of the range that nobody has. The socket is kept until all have chosen.
Result<UniqueFd> choose_of_range(PublishedPort& port,
                                 const std::set<std::pair<std::uint16_t, std::string>>& named) {
  PublishedPort one = port;
  one.published_last = 0;
  for (int number = port.published; number <= port.published_last; ++number) {
    one.published = static_cast<std::uint16_t>(number);
    if (named.contains({one.published, one.protocol})) continue;
    auto fd = bind_port(one);
    if (!fd && fd.error().code == EADDRINUSE) continue;
    if (fd) settle_on(port, one.published);
    return fd;
  }
  return fault("publish " + words_of(port) + ": every port to " + std::to_string(port.published_last) +
               " is taken");
}

Result<UniqueFd> choose(PublishedPort& port, const std::set<std::pair<std::uint16_t, std::string>>& named) {
  if (port.published_last != 0) return choose_of_range(port, named);
  UniqueFd fd = TRY(bind_port(port));
  port.published = TRY(port_of(fd));
  return fd;
}

}  // namespace

void keep_chosen_ports(StackSpec& spec, const StackSpec* before) {
  for (auto& [name, service] : spec.services)
    for (std::size_t i = 0; i < service.ports.size(); ++i)
      if (PublishedPort& port = service.ports[i]; is_open(port))
        if (const std::uint16_t kept = port_before(before, name, port, i)) settle_on(port, kept);
}

Result<void> choose_free_ports(StackSpec& spec, const StackSpec* before) {
  keep_chosen_ports(spec, before);
  const auto named = named_ports(spec);
  std::vector<UniqueFd> held;  // so that no two choose the same
  for (auto& [name, service] : spec.services)
    for (PublishedPort& port : service.ports)
      if (is_open(port)) held.push_back(TRY(choose(port, named).with(name)));
  return {};
}

std::vector<std::string> reserve_ports(World& world, const StackSpec& spec) {
  std::vector<std::string> faults;
  for (const auto& [name, service] : spec.services) {
    for (const PublishedPort& port : service.ports) {
      const std::string key = key_of(port);
      if (world.stored.contains(key)) continue;
      auto fd = bind_port(port);
      if (fd) {
        const auto kept = world.keeper->store(key, {fd->get()});
        if (kept)
          world.stored[key].push_back(*std::move(fd));
        else
          faults.push_back(name + ": " + kept.error().words);
      } else {
        faults.push_back(name + ": " + fd.error().words);
      }
    }
  }
  return faults;
}

Result<void> release_ports(World& world, const StackSpec& spec) {
  std::set<std::string> wanted;
  for (const auto& [name, service] : spec.services)
    for (const PublishedPort& port : service.ports) wanted.insert(key_of(port));
  std::vector<std::string> dropped;
  for (const auto& [key, fds] : world.stored)
    if (key.starts_with(kPrefix) && !wanted.contains(key)) dropped.push_back(key);
  for (const std::string& key : dropped) {
    world.stored.erase(key);
    TRY(world.keeper->forget(key));
  }
  return {};
}

}  // namespace stack
