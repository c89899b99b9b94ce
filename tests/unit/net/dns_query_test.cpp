#include "net/dns_query.h"

#include <gtest/gtest.h>

#include <random>

#include "net/dns_answer.h"
#include "tests/unit/net/dns_questions.h"

namespace stack::net::dns {
namespace {

Verdict verdict_of(const Message& message) {
  Query query;
  return parse_query(message, query);
}

Message with(Message message, std::size_t at, std::uint8_t octet) {
  message.at(at) = octet;
  return message;
}

Message joined(Message message, const Message& more) {
  message.insert(message.end(), more.begin(), more.end());
  return message;
}

TEST(DnsQuery, ReadsNameTypeAndEdns) {
  Query query;
  ASSERT_EQ(parse_query(question("WWW.Example.com", kTypeAaaa, Edns{1400, 0}), query), Verdict::good);
  EXPECT_EQ(query.name(), "www.example.com");
  EXPECT_EQ(query.type, kTypeAaaa);
  EXPECT_EQ(query.udp_size, 1400);
  EXPECT_TRUE(query.edns);
}

TEST(DnsQuery, TakesTheLongestNameAndNoLonger) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  Query query;
  EXPECT_EQ(parse_query(question(longest, kTypeA), query), Verdict::good);
  EXPECT_EQ(query.name(), longest);
  EXPECT_EQ(verdict_of(question(longest + "b", kTypeA)), Verdict::malformed);
  EXPECT_EQ(verdict_of(question(longest + ".b", kTypeA)), Verdict::malformed);
}

TEST(DnsQuery, RefusesHostileMessages) {
  const Message plain = question("cache", kTypeA);
  const Message edns = question("cache", kTypeA, Edns{});
  const Message opt(edns.end() - 11, edns.end());
  const struct {
    const char* what;
    Message message;
  } cases[] = {
      {"a pointer to itself", with(with(plain, 12, 0xc0), 13, 12)},
      {"a pointer to the header", with(with(plain, 12, 0xc0), 13, 0)},
      {"a reserved label type", with(plain, 12, 0x80)},
      {"a label past the end", with(plain, 12, 63)},
      {"no end of the name", Message(plain.begin(), plain.end() - 5)},
      {"half a type", Message(plain.begin(), plain.end() - 3)},
      {"octets behind the question", joined(plain, {0})},
      {"no question", with(plain, 5, 0)},
      {"two questions", with(plain, 5, 2)},
      {"65281 questions", with(plain, 4, 0xff)},
      {"an answer", with(plain, 7, 1)},
      {"an authority", with(plain, 9, 1)},
      {"an additional record that is not there", with(plain, 11, 1)},
      {"many additional records", with(plain, 10, 0xff)},
      {"two OPT", joined(with(edns, 11, 2), opt)},
      {"an OPT longer than the message", with(edns, edns.size() - 1, 1)},
      {"half an OPT", Message(edns.begin(), edns.end() - 4)},
      {"an OPT owned by a pointer", joined(with(plain, 11, 1), {0xc0, 12, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0})},
      {"a megabyte", joined(plain, Message(1 << 20, 0))},
  };
  for (const auto& c : cases) EXPECT_EQ(verdict_of(c.message), Verdict::malformed) << c.what;
}

// Whatever comes, the reply is well formed, within its limit and to the id that asked.
TEST(DnsQuery, AHundredThousandMutationsAreAnsweredWithinBounds) {
  DnsView view;
  view.names["cache"] = {"10.1.0.2", "fd00::2"};
  view.search = {"back"};
  const Message seeds[] = {question("cache", kTypeA), question("cache.back", kTypeAaaa, Edns{}),
                           question("2.0.1.10.in-addr.arpa", kTypePtr),
                           question("x.example.com", kTypeA, Edns{512, 0})};
  std::mt19937 random(20261124);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (int round = 0; round < 100'000; ++round) {
    Message message = seeds[below(std::size(seeds))];
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) {
      const std::size_t what = below(8);
      if (what == 0) message.resize(below(message.size() + 1));
      if (what == 1) message.insert(message.end(), below(40), static_cast<std::uint8_t>(below(256)));
      if (what > 1 && !message.empty())
        message[below(message.size())] = static_cast<std::uint8_t>(below(256));
    }
    message.shrink_to_fit();  // so that a sanitizer sees a read past the end
    std::vector<std::uint8_t> buffer(kMaxUdpSize);
    const Transport transport = below(2) == 0 ? Transport::udp : Transport::tcp;
    const Decision decision = answer(view, message, transport, static_cast<unsigned>(round), buffer);
    const auto* replied = std::get_if<Replied>(&decision);
    if (replied == nullptr) continue;
    ASSERT_LE(replied->size, buffer.size());
    buffer.resize(replied->size);
    ASSERT_TRUE(read_reply(buffer).well_formed) << "round " << round;
    ASSERT_EQ(id_of(buffer), id_of(message));
  }
}

}  // namespace
}  // namespace stack::net::dns
