#include "net/dns_upstream.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>

#include "core/sys/files.h"
#include "net/dns_server.h"

namespace stack::net {
namespace dns {
namespace {

constexpr std::size_t kMaxServers = 3;
constexpr std::uint16_t kPort = 53;
constexpr std::string_view kBlanks = " \t\r";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(kBlanks)));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::vector<std::string> parse_nameservers(std::string_view text) {
  std::vector<std::string> servers;
  while (!text.empty() && servers.size() < kMaxServers) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (next_word(line) != "nameserver") continue;
    if (const std::string_view address = next_word(line); !address.empty()) servers.emplace_back(address);
  }
  return servers;
}

std::optional<SocketAddress> parse_upstream(const std::string& text) {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(kPort);
    address.size = sizeof(*v4);
    return address;
  }
  const std::size_t percent = text.find('%');
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, text.substr(0, percent).c_str(), &v6->sin6_addr) != 1) return std::nullopt;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(kPort);
  if (percent != std::string::npos) v6->sin6_scope_id = if_nametoindex(text.c_str() + percent + 1);
  address.size = sizeof(*v6);
  return address;
}

}  // namespace dns

namespace {

// systemd-resolved listens there (systemd-resolved.service(8)) and keeps its real upstreams in a file beside.
bool is_resolved_stub(const std::string& server) {
  return server == "127.0.0.53" || server == "127.0.0.54";
}
constexpr const char* kResolvedUpstreams = "/run/systemd/resolve/resolv.conf";

std::vector<std::string> nameservers_of(const char* path) {
  const auto text = read_file(path);
  return text ? dns::parse_nameservers(*text) : std::vector<std::string>();
}

}  // namespace

// A host without resolv.conf, or with an empty one, has no upstream to name.
std::vector<std::string> host_nameservers() {
  auto servers = nameservers_of("/etc/resolv.conf");
  if (!std::any_of(servers.begin(), servers.end(), is_resolved_stub)) return servers;
  // The stub does for us too, as we ask from the host's namespace: it is kept where the file is missing or
  // empty.
  const auto upstreams = nameservers_of(kResolvedUpstreams);
  return upstreams.empty() ? servers : upstreams;
}

}  // namespace stack::net
