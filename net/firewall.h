// One nftables table a stack, replaced as a whole in one transaction: masquerade, published ports, isolation.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/sys/unique_fd.h"
#include "net/firewall_table.h"
#include "specs/result.h"

namespace stack::net {

struct FirewallNetwork {
  std::string bridge;
  std::string subnet4, subnet6;  // either may be empty
  bool internal = false;
  bool icc = true;         // its members reach each other
  bool masquerade = true;  // what leaves has the host's address
};

struct FirewallPort {
  std::string host_ip;  // empty: every local address of both families
  std::uint16_t published = 0;
  std::uint16_t target = 0;
  std::string protocol;          // tcp, udp or sctp
  std::string target4, target6;  // the container's addresses without prefix; either may be empty
};

struct Firewall {
  std::string project;
  std::vector<FirewallNetwork> networks;
  std::vector<FirewallPort> ports;
};

// Pure: the table's name, and its whole text.
std::string table_name(const std::string& project);
std::string render(const Firewall& firewall);

// A replacement of the table under way, in a process of its own.
class FirewallChange {
 public:
  // `text` is what render() gave; what was there of the project is replaced in the same transaction.
  static Result<FirewallChange> begin(FirewallTable& table, const std::string& text);
  FirewallChange(FirewallChange&& other) noexcept;
  FirewallChange& operator=(FirewallChange&&) = delete;
  ~FirewallChange();      // finishes it, unheard
  Result<void> finish();  // waits; the error has libnftables' own words, and the table is as it was

 private:
  FirewallChange(pid_t pid, UniqueFd words) : pid_(pid), words_(std::move(words)) {}
  pid_t pid_;
  UniqueFd words_;
};
Result<void> remove_firewall(const std::string& project);  // already gone is no error

}  // namespace stack::net
