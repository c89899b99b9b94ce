#include "net/firewall_events.h"

#include <sys/prctl.h>

#include "net/firewall.h"
#include "net/nf_tables.h"

namespace stack::net {
namespace {

std::string own_name() {
  char name[16] = {};  // TASK_COMM_LEN
  ::prctl(PR_GET_NAME, name);
  return name;
}

}  // namespace

Result<FirewallEvents> FirewallEvents::open(const std::string& project) {
  return FirewallEvents(TRY(Listener::open(NETLINK_NETFILTER, {NFNLGRP_NFTABLES})), table_name(project));
}

// The kernel tells of every object that a transaction touched, and then of its end (nf_tables_commit).
void FirewallEvents::note(const nlmsghdr* message, Heard& heard) {
  if (message->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN)) {
    touched_ = touched_ || !nf_tables::attributes_of(message, table_).empty();
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

}  // namespace stack::net
