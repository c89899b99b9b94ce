#include "net/dns_answer.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/net/dns_questions.h"

namespace stack::net::dns {
namespace {

using Records = std::vector<std::string>;

DnsView shop(std::vector<std::string> upstreams = {}) {
  DnsView view;
  view.names["cache"] = {"10.1.0.2", "fd00::2"};
  view.names["shop-cache-1"] = {"10.1.0.2", "fd00::2"};
  view.names["all"] = {"10.1.0.2", "10.1.0.3", "10.1.0.4"};
  view.names["api"] = {"10.1.0.3"};
  view.search = {"shop_back"};
  view.upstreams = std::move(upstreams);
  return view;
}

// The reply; none where the query is dropped or would be forwarded.
std::optional<Reply> ask(const DnsView& view, const Message& query, Transport transport = Transport::udp,
                         unsigned rotation = 0) {
  std::vector<std::uint8_t> buffer(kMaxMessageSize);
  const Decision decision = answer(view, query, transport, rotation, buffer);
  const auto* replied = std::get_if<Replied>(&decision);
  if (replied == nullptr) return std::nullopt;
  buffer.resize(replied->size);
  return read_reply(buffer);
}

Reply good(Records records = {}) {
  return {.well_formed = true,
          .rcode = kNoError,
          .truncated = false,
          .authoritative = true,
          .edns = false,
          .records = std::move(records)};
}

struct Case {
  const char* name;
  unsigned type;
  Reply reply;
};

TEST(DnsAnswer, KnowsTheNamesOfTheViewAndNoOthers) {
  Reply unknown = good();
  unknown.rcode = kUnknownName;
  const Case cases[] = {
      {"cache", kTypeA, good({"10.1.0.2"})},
      {"cache", kTypeAaaa, good({"fd00::2"})},
      {"CaChE", kTypeA, good({"10.1.0.2"})},
      {"cache.shop_back", kTypeA, good({"10.1.0.2"})},
      {"cache.SHOP_BACK", kTypeA, good({"10.1.0.2"})},
      {"api", kTypeAaaa, good()},  // it exists: no NXDOMAIN because it has no such record
      {"api", 15, good()},
      {"api", 65280, good()},
      {"cache", kTypeAny, good({"10.1.0.2"})},
      {"2.0.1.10.in-addr.arpa", kTypePtr, good({"cache"})},
      {"3.0.1.10.IN-ADDR.ARPA", kTypePtr, good({"api"})},
      {"2.0.1.10.in-addr.arpa", kTypeA, good()},
      {"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", kTypePtr, good({"cache"})},
      {"9.0.1.10.in-addr.arpa", kTypePtr, unknown},
      {"256.0.1.10.in-addr.arpa", kTypePtr, unknown},
      {"localhost", kTypeA, good({"127.0.0.1"})},
      {"a.localhost", kTypeAaaa, good({"::1"})},
      {"web", kTypeA, unknown},
      {"cache.shop_front", kTypeA, unknown},
      {"x.cache", kTypeA, unknown},
      {"cachee", kTypeA, unknown},
      {"shop_back", kTypeA, unknown},
      {"example.com", kTypeA, unknown},
      {"", 2, good()},
  };
  for (const Case& c : cases)
    EXPECT_EQ(ask(shop(), question(c.name, c.type)), c.reply) << c.name << " " << c.type;
}

TEST(DnsAnswer, ForwardsForeignNamesOnlyWhereThereAreUpstreams) {
  std::array<std::uint8_t, kPlainUdpSize> buffer;
  const Message query = question("example.com", kTypeA, Edns{.udp_size = 9000});
  const Decision decision = answer(shop({"192.0.2.1"}), query, Transport::udp, 0, buffer);
  ASSERT_TRUE(std::holds_alternative<Forward>(decision));
  EXPECT_EQ(std::get<Forward>(decision).max_reply, kMaxUdpSize);
  EXPECT_EQ(std::get<Forward>(decision).question_size, 1U + 7 + 1 + 3 + 1 + 4);

  EXPECT_EQ(ask(shop({"192.0.2.1"}), question("cache", 15)), good());  // ours never leave, whatever the type
  EXPECT_EQ(ask(shop(), query)->rcode, kUnknownName);
}

TEST(DnsAnswer, TurnsSeveralAddressesRound) {
  const Message query = question("all", kTypeA);
  EXPECT_EQ(ask(shop(), query, Transport::udp, 0)->records, Records({"10.1.0.2", "10.1.0.3", "10.1.0.4"}));
  EXPECT_EQ(ask(shop(), query, Transport::udp, 4)->records, Records({"10.1.0.3", "10.1.0.4", "10.1.0.2"}));
}

TEST(DnsAnswer, RefusesWhatIsNoQuestionForData) {
  struct {
    Message query;
    Rcode rcode;
  } cases[] = {
      {question("cache", 252), kRefused},  // AXFR
      {question("cache", kTypeOpt), kRefused},
      {question("cache", kTypeA, std::nullopt, 3), kRefused},  // CHAOS
      {question("cache", kTypeA, Edns{1232, 1}), kBadVersion},
      {question(std::string(64, 'a'), kTypeA), kMalformed},
  };
  for (const auto& c : cases) EXPECT_EQ(ask(shop({"192.0.2.1"}), c.query)->rcode, c.rcode);

  Message update = question("cache", kTypeA);
  update[2] = 5 << 3;
  EXPECT_EQ(ask(shop(), update)->rcode, kNotImplemented);
  Message reply = question("cache", kTypeA);
  reply[2] |= 0x80;
  EXPECT_EQ(ask(shop(), reply), std::nullopt);
  EXPECT_EQ(ask(shop(), Message(11, 0)), std::nullopt);
}

TEST(DnsAnswer, MarksWhatDoesNotFitAsTruncatedAndServesItOverTcp) {
  DnsView view;
  for (int i = 0; i < 200; ++i) view.names["many"].push_back("10.2.0." + std::to_string(i));
  const Reply plain = *ask(view, question("many", kTypeA));
  EXPECT_TRUE(plain.well_formed);
  EXPECT_TRUE(plain.truncated);
  EXPECT_EQ(plain.records.size(), (512U - 12 - 10) / 16);
  const Reply large = *ask(view, question("many", kTypeA, Edns{4096}));
  EXPECT_FALSE(large.truncated);
  EXPECT_EQ(large.records.size(), 200U);
  EXPECT_EQ(ask(view, question("many", kTypeA), Transport::tcp)->records.size(), 200U);
  // A size below 512 means 512 (RFC 6891 section 6.2.3).
  EXPECT_EQ(ask(view, question("many", kTypeA, Edns{0}))->records.size(), (512U - 12 - 10 - 11) / 16);
}

TEST(DnsAnswer, DoesNotTakeADotWithinALabelForASeparator) {
  Message query = question("cache_shop", kTypeA);
  query[kHeaderSize + 6] = '.';
  DnsView view;
  view.names["cache.shop"] = {"10.1.0.2"};
  EXPECT_EQ(ask(view, query)->rcode, kUnknownName);
}

TEST(DnsAnswer, AFailureEchoesTheQuestion) {
  const Message query = question("example.com", kTypeA, Edns{});
  std::array<std::uint8_t, kPlainUdpSize> buffer;
  const std::size_t size = answer_failure(query, buffer);
  const Reply reply = read_reply(Bytes(buffer).first(size));
  EXPECT_TRUE(reply.well_formed);
  EXPECT_EQ(reply.rcode, kFailure);
  EXPECT_EQ(id_of(buffer), id_of(query));
  EXPECT_EQ(answer_failure(Message(5, 0), buffer), 0U);
}

}  // namespace
}  // namespace stack::net::dns
