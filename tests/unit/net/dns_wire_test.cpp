#include "net/dns_wire.h"

#include <gtest/gtest.h>

#include "net/dns_upstream.h"
#include "tests/unit/net/dns_questions.h"

namespace stack::net::dns {
namespace {

constexpr std::size_t kQuestionSize = 7 + 4;  // "cache"

Message reply_to(const Message& query) {
  Message reply = query;
  reply[2] |= 0x80;
  return reply;
}

TEST(DnsWire, TakesOnlyTheReplyToWhatWasAsked) {
  const Message query = question("cache", kTypeA);
  const Message reply = reply_to(query);
  EXPECT_TRUE(is_reply_to(reply, query, kQuestionSize));
  Message other_case = reply;
  other_case[13] = 'C';
  EXPECT_TRUE(is_reply_to(other_case, query, kQuestionSize));

  Message other_id = reply, other_name = reply, other_type = reply, bare = reply;
  other_id[1] ^= 1;
  other_name[13] = 'b';
  other_type[query.size() - 3] = 28;
  bare[5] = 0;
  EXPECT_FALSE(is_reply_to(query, query, kQuestionSize));
  EXPECT_FALSE(is_reply_to(other_id, query, kQuestionSize));
  EXPECT_FALSE(is_reply_to(other_name, query, kQuestionSize));
  EXPECT_FALSE(is_reply_to(other_type, query, kQuestionSize));
  EXPECT_FALSE(is_reply_to(bare, query, kQuestionSize));  // success without a question says nothing
  bare[3] = kMalformed;
  EXPECT_TRUE(is_reply_to(bare, query, kQuestionSize));
  for (std::size_t size = 0; size < reply.size(); ++size)
    EXPECT_FALSE(is_reply_to(Bytes(reply).first(size), query, kQuestionSize)) << size;
}

TEST(DnsWire, CutsAReplyToItsQuestion) {
  Message reply = reply_to(question("cache", kTypeA, Edns{}));
  const std::size_t size = reply.size();
  EXPECT_EQ(cut_to(reply, kQuestionSize, size), size);
  reply.resize(cut_to(reply, kQuestionSize, size - 1));
  const Reply cut = read_reply(reply);
  EXPECT_TRUE(cut.well_formed);
  EXPECT_TRUE(cut.truncated);
}

TEST(DnsUpstream, ReadsTheFirstThreeNameserversOfResolvConf) {
  const auto servers = parse_nameservers(
      "# nameserver 192.0.2.9\nsearch lan\n nameserver\t192.0.2.1 # first\nnameserver\nnameserver "
      "fe80::1%lo\r\n"
      "nameservers 192.0.2.8\nnameserver 192.0.2.3\nnameserver 192.0.2.4");
  EXPECT_EQ(servers, (std::vector<std::string>{"192.0.2.1", "fe80::1%lo", "192.0.2.3"}));
}

TEST(DnsUpstream, ReadsAddressesAndNothingElse) {
  EXPECT_EQ(parse_upstream("192.0.2.1")->family(), AF_INET);
  EXPECT_EQ(parse_upstream("2001:db8::1")->family(), AF_INET6);
  const auto scoped = parse_upstream("fe80::1%lo");
  ASSERT_TRUE(scoped);
  EXPECT_EQ(reinterpret_cast<const sockaddr_in6*>(scoped->get())->sin6_scope_id, 1U);
  for (const char* text : {"", "example.com", "192.0.2", "192.0.2.1:53", "%lo"})
    EXPECT_FALSE(parse_upstream(text)) << text;
}

}  // namespace
}  // namespace stack::net::dns
