#include "net/firewall_table.h"

#include <cerrno>

#include "net/firewall.h"
#include "net/nf_tables.h"
#include "specs/canonical.h"

namespace stack::net {

Result<FirewallTable> FirewallTable::open(const std::string& project) {
  return FirewallTable(std::make_unique<Netlink>(TRY(Netlink::open(NETLINK_NETFILTER))), table_name(project));
}

FirewallTable::FirewallTable(std::unique_ptr<Netlink> netfilter, std::string name)
    : netfilter_(std::move(netfilter)), name_(std::move(name)) {}
FirewallTable::FirewallTable(FirewallTable&&) noexcept = default;
FirewallTable& FirewallTable::operator=(FirewallTable&&) noexcept = default;
FirewallTable::~FirewallTable() = default;

Result<bool> FirewallTable::present() {
  Message message = nf_tables::of_table(NFT_MSG_GETTABLE, name_);
  return netfilter_->get(message, "look up table \"" + name_ + "\"", ENOENT, [](const nlmsghdr*) {});
}

Result<std::string> FirewallTable::digest() {
  Message whole = nf_tables::of_table(NFT_MSG_GETTABLE, name_);
  std::string held;
  const auto add = [&](const nlmsghdr* message) { held += nf_tables::attributes_of(message, name_); };
  if (!TRY(netfilter_->get(whole, "look up table \"" + name_ + "\"", ENOENT, add))) return std::string();
  for (const int type : {NFT_MSG_GETCHAIN, NFT_MSG_GETRULE}) {
    Message request = nf_tables::of_table(type, name_);
    const std::string before = held;
    TRY(netfilter_->dump(
        request, "read table \"" + name_ + "\"", [&] { held = before; }, add));
  }
  return sha256_hex(held);
}

}  // namespace stack::net
