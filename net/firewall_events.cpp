#include "net/firewall_events.h"

#include <sys/prctl.h>

#include <cerrno>

#include "net/firewall.h"
#include "net/nf_tables.h"
#include "specs/canonical.h"

namespace stack::net {
namespace {

constexpr int kTableOfAll = NFTA_TABLE_NAME;

std::string own_name() {
  char name[16] = {};  // TASK_COMM_LEN
  ::prctl(PR_GET_NAME, name);
  return name;
}

// The attributes of a message about `table`, or nothing.
std::string_view attributes_of(const nlmsghdr* message, const std::string& table) {
  const auto* header = static_cast<const nfgenmsg*>(::nlmsg_data(message));
  if (header->nfgen_family != nf_tables::kInet) return {};
  if (parse<kTableOfAll>(message, sizeof *header).text(kTableOfAll) != table) return {};
  const auto* begin = reinterpret_cast<const char*>(header + 1);
  return {begin,
          static_cast<std::size_t>(reinterpret_cast<const char*>(message) + message->nlmsg_len - begin)};
}

}  // namespace

Result<FirewallEvents> FirewallEvents::open(const std::string& project) {
  return FirewallEvents(TRY(Listener::open(NETLINK_NETFILTER, {NFNLGRP_NFTABLES})), table_name(project));
}

// The kernel tells of every object that a transaction touched, and then of its end (nf_tables_commit).
void FirewallEvents::note(const nlmsghdr* message, Heard& heard) {
  if (message->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN)) {
    touched_ = touched_ || !attributes_of(message, table_).empty();
    return;
  }
  if (!std::exchange(touched_, false)) return;
  ++heard.transactions;
  const std::string by = parse<NFTA_GEN_MAX>(message, sizeof(nfgenmsg)).text(NFTA_GEN_PROC_NAME);
  if (heard.by.empty() || by != own_name()) heard.by = by;
}

Result<FirewallEvents::Heard> FirewallEvents::take() {
  Heard heard;
  const auto all = TRY(listener_.drain([&](const nlmsghdr* message) { note(message, heard); }));
  heard.everything = all == Listener::Heard::all;
  return heard;
}

Result<std::string> firewall_digest(const std::string& project) {
  const std::string table = table_name(project);
  Netlink netlink = TRY(Netlink::open(NETLINK_NETFILTER));
  Message whole = nf_tables::of_table(NFT_MSG_GETTABLE, table);
  std::string held;
  const auto add = [&](const nlmsghdr* message) { held += attributes_of(message, table); };
  if (!TRY(netlink.get(whole, "look up table \"" + table + "\"", ENOENT, add))) return std::string();
  for (const int type : {NFT_MSG_GETCHAIN, NFT_MSG_GETRULE}) {
    Message request = nf_tables::of_table(type, table);
    const std::string before = held;
    TRY(netlink.dump(
        request, "read table \"" + table + "\"", [&] { held = before; }, add));
  }
  return sha256_hex(held);
}

}  // namespace stack::net
