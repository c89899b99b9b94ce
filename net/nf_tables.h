// The nf_tables messages that are sent without libnftables.
#pragma once

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstdint>
#include <string>

#include "net/netlink.h"

namespace stack::net::nf_tables {

inline constexpr std::uint8_t kInet = 1;  // NFPROTO_INET: <linux/netfilter.h> does not go with <netinet/in.h>

template <typename Header>
Message message(int type, int flags, const Header& header) {
  return {(NFNL_SUBSYS_NFTABLES << 8) | type, flags, header};
}

// About the table of that name in the inet family: NFT_MSG_GETTABLE, NFT_MSG_DELTABLE, and the dumps of what
// is in it, for the table's name is attribute 1 of all of them.
inline Message of_table(int type, const std::string& table) {
  nfgenmsg header{};
  header.nfgen_family = kInet;
  Message one = message(type, 0, header);
  one.put(NFTA_TABLE_NAME, table);
  return one;
}
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
              NFTA_SET_ELEM_LIST_TABLE == 1 && NFTA_OBJ_TABLE == 1 && NFTA_FLOWTABLE_TABLE == 1);

// The attributes of a message about `table`, or nothing.
inline std::string_view attributes_of(const nlmsghdr* message, const std::string& table) {
  const auto* header = static_cast<const nfgenmsg*>(::nlmsg_data(message));
  if (header->nfgen_family != kInet) return {};
  if (parse<NFTA_TABLE_NAME>(message, sizeof *header).text(NFTA_TABLE_NAME) != table) return {};
  const auto* begin = reinterpret_cast<const char*>(header + 1);
  return {begin,
          static_cast<std::size_t>(reinterpret_cast<const char*>(message) + message->nlmsg_len - begin)};
}

}  // namespace stack::net::nf_tables
