#include "net/dns_answer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/dns_message.h"
#include "net/dns_names.h"
#include "net/dns_query.h"

namespace stack::net::dns {
namespace {

// Zone transfers answer in many messages; TKEY to MAILA are no data of a name (RFC 6895 section 3.1).
constexpr std::uint16_t kFirstMetaType = 249, kLastMetaType = 254;

Rcode why_refused(Verdict verdict, const Query& query) {
  if (verdict == Verdict::not_implemented) return kNotImplemented;
  if (verdict == Verdict::malformed) return kMalformed;
  if (query.edns_version != 0) return kBadVersion;
  if (query.qclass != kClassInternet) return kRefused;
  if (query.type >= kFirstMetaType && query.type <= kLastMetaType) return kRefused;
  if (query.type == kTypeOpt || query.type == 0) return kRefused;
  return kNoError;
}

bool wants(const Query& query, std::uint16_t type) {
  return query.type == type || query.type == kTypeAny;
}

// Of the addresses those of the wanted kind, turned by `rotation`. ANY takes the kind of the first that can
// be read.
void add_addresses(ReplyWriter& writer, const Query& query, const std::vector<std::string>& texts,
                   unsigned rotation) {
  std::size_t wanted = query.type == kTypeA ? 4 : query.type == kTypeAaaa ? 16 : 0;
  if (wanted == 0 && query.type != kTypeAny) return;

  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto ip = parse_ip(texts[(i + rotation) % texts.size()]);
    if (!ip || (wanted != 0 && ip->size() != wanted)) continue;
    wanted = ip->size();
    writer.add_address(Bytes(ip->bytes).first(wanted), kTtl);
  }
}

std::size_t limit_of(const Query& query, Transport transport) {
  if (transport == Transport::tcp) return kMaxMessageSize;
  return std::min<std::size_t>(query.udp_size, kMaxUdpSize);
}

bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

// What the view itself knows; none: it does not know the name.
struct Found {
  const std::vector<std::string>* addresses = nullptr;
  std::string_view pointer;
};
std::optional<Found> look_up(const DnsView& view, const Query& query) {
  static const std::vector<std::string> kLocalhost = {"127.0.0.1", "::1"};
  if (!query.textual) return std::nullopt;
  if (const auto* addresses = find_name(view, query.name()))
    return Found{.addresses = addresses, .pointer = {}};
  if (is_localhost(query.name())) return Found{.addresses = &kLocalhost, .pointer = {}};
  const auto address = parse_reverse(query.name());
  if (!address) return std::nullopt;
  const std::string_view name = find_address(view, *address);
  if (name.empty()) return std::nullopt;
  return Found{.addresses = nullptr, .pointer = name};
}

Replied refuse(Bytes message, const Query& query, Rcode rcode, MutableBytes reply) {
  return {ReplyWriter(reply, message, query, rcode).finish()};
}

}  // namespace

Decision answer(const DnsView& view, Bytes message, Transport transport, unsigned rotation,
                MutableBytes reply) {
  Query query;
  const Verdict verdict = parse_query(message, query);
  if (verdict == Verdict::drop) return Drop{};
  const std::size_t limit = limit_of(query, transport);
  reply = reply.first(std::min(reply.size(), limit));
  if (const Rcode rcode = why_refused(verdict, query); rcode != kNoError)
    return refuse(message, query, rcode, reply);

  const auto found = look_up(view, query);
  if (!found) {
    if (!view.upstreams.empty()) return Forward{query.question_size, limit};
    const bool root = query.name().empty();  // it exists everywhere, and NXDOMAIN for it would deny all names
    return refuse(message, query, root ? kNoError : kUnknownName, reply);
  }
  ReplyWriter writer(reply, message, query, kNoError);
  if (found->addresses) add_addresses(writer, query, *found->addresses, rotation);
  if (!found->pointer.empty() && wants(query, kTypePtr)) writer.add_pointer(found->pointer, kTtl);
  return Replied{writer.finish()};
}

std::size_t answer_failure(Bytes message, MutableBytes reply) {
  Query query;
  if (parse_query(message, query) != Verdict::good) return 0;
  return ReplyWriter(reply.first(kPlainUdpSize), message, query, kFailure).finish();
}

}  // namespace stack::net::dns
