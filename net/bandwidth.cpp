#include "net/bandwidth.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace stack::net {
namespace {

// A bucket holds what the rate gives in this time: the kernel's timer may be late by that much without loss
// of rate.
constexpr std::uint64_t kBurstsPerSecond = 100;
constexpr std::uint64_t kSmallestBurst = 16ULL * 1024;
constexpr std::uint64_t kSmallestQueue = 64ULL * 1024;
constexpr std::uint64_t kQueuesPerSecond = 20;  // what waits in the queue waits 50 ms at most

std::uint32_t bounded(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

tcmsg root_of(int ifindex) {
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = ifindex;
  header.tcm_parent = TC_H_ROOT;
  return header;
}

tc_tbf_qopt options_of(std::uint64_t bytes_per_second) {
  tc_tbf_qopt options{};
  options.rate.linklayer = TC_LINKLAYER_ETHERNET;  // told, so that the kernel needs no table of times
  options.rate.rate = bounded(bytes_per_second);
  options.limit = bounded(std::max(bytes_per_second / kQueuesPerSecond, kSmallestQueue));
  return options;
}

}  // namespace

Result<void> limit_rate(Netlink& route, int ifindex, std::uint64_t bits_per_second) {
  if (bits_per_second == 0) {
    // No root of ours: the kernel answers ENOENT for its own default, EINVAL before Linux 4.16.
    Message removal(RTM_DELQDISC, 0, root_of(ifindex));
    return route.run(removal, "remove the rate limit", {ENOENT, EINVAL});
  }
  const std::uint64_t bytes = bits_per_second / 8;
  const tc_tbf_qopt options = options_of(bytes);
  Message message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, root_of(ifindex));
  message.put(TCA_KIND, "tbf");
  message.nest(TCA_OPTIONS, [&] {
    message.put(TCA_TBF_PARMS, &options, sizeof options);
    message.put32(TCA_TBF_BURST, bounded(std::max(bytes / kBurstsPerSecond, kSmallestBurst)));
    if (bytes > std::numeric_limits<std::uint32_t>::max()) message.put(TCA_TBF_RATE64, &bytes, sizeof bytes);
  });
  return route.run(message, "limit the rate (the kernel needs CONFIG_NET_SCH_TBF)");
}

RateLimit rate_limit_of(std::uint64_t bits_per_second) {
  const tc_tbf_qopt options = options_of(bits_per_second / 8);
  return {options.rate.rate, options.limit};
}

// A dump of all: asked for one link's, older kernels tell everybody but the one who asked.
Result<std::map<int, RateLimit>> list_rate_limits(Netlink& route) {
  std::map<int, RateLimit> limits;
  Message request(RTM_GETQDISC, 0, tcmsg{});
  TRY(route.dump(
      request, "list rate limits", [&] { limits.clear(); },
      [&](const nlmsghdr* message) {
        const auto* header = static_cast<const tcmsg*>(::nlmsg_data(message));
        const auto parsed = parse<TCA_MAX>(message, sizeof *header);
        if (header->tcm_parent != TC_H_ROOT || parsed.text(TCA_KIND) != "tbf") return;
        nlattr* const held = parse_nested<TCA_TBF_MAX>(parsed.at[TCA_OPTIONS]).at[TCA_TBF_PARMS];
        if (!held || ::nla_len(held) < static_cast<int>(sizeof(tc_tbf_qopt))) return;
        const auto* options = static_cast<const tc_tbf_qopt*>(::nla_data(held));
        limits[header->tcm_ifindex] = {options->rate.rate, options->limit};
      }));
  return limits;
}

}  // namespace stack::net
