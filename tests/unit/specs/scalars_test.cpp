#include "specs/scalars.h"

#include <gtest/gtest.h>

namespace stack::scalars {
namespace {

using namespace std::chrono_literals;

TEST(Scalars, SizesAreOfUnitsOf1024) {
  const std::pair<const char*, std::optional<std::uint64_t>> cases[] = {{"0", 0},
                                                                        {"512", 512},
                                                                        {"1b", 1},
                                                                        {"64m", 64 << 20},
                                                                        {"64MB", 64 << 20},
                                                                        {"1.5g", 3ULL << 29},
                                                                        {"2gib", 2ULL << 30},
                                                                        {"1t", 1ULL << 40},
                                                                        {".5k", 512},
                                                                        {"", {}},
                                                                        {"m", {}},
                                                                        {"64q", {}},
                                                                        {"-1", {}},
                                                                        {"1 m", {}},
                                                                        {"9999999p", {}},
                                                                        {"99999999999999999999999", {}},
                                                                        {"1..5m", {}},
                                                                        {"0x10", {}}};
  for (const auto& [text, value] : cases) EXPECT_EQ(bytes(text), value) << text;
}

TEST(Scalars, DurationsAreThoseOfGo) {
  const std::pair<const char*, std::optional<Nanoseconds>> cases[] = {
      {"0", 0s},    {"10s", 10s},      {"1m30s", 90s}, {"1h", 1h},         {"1.5s", 1500ms}, {"250ms", 250ms},
      {"5us", 5us}, {"5\u00b5s", 5us}, {"7ns", 7ns},   {"10", {}},         {"", {}},         {"s", {}},
      {"1x", {}},   {"-1s", {}},       {"1s 2s", {}},  {"999999999h", {}}, {"1m30", {}}};
  for (const auto& [text, value] : cases) EXPECT_EQ(duration(text), value) << text;
}

TEST(Scalars, IntegersMayBeOctal) {
  const std::pair<const char*, std::optional<std::int64_t>> cases[] = {
      {"0", 0}, {"12", 12}, {"-5", -5},  {"+5", 5},  {"0755", 0755}, {"0o17", 15}, {"0x1f", 31},
      {"", {}}, {"-", {}},  {"--5", {}}, {"08", {}}, {"1.5", {}},    {"5a", {}}};
  for (const auto& [text, value] : cases) EXPECT_EQ(integer(text), value) << text;
}

TEST(Scalars, CpusKeepTheirDecimals) {
  EXPECT_EQ(nano_cpus("0.1"), 100'000'000U);
  EXPECT_EQ(nano_cpus("1.5"), 1'500'000'000U);
  EXPECT_EQ(nano_cpus("1e3"), std::nullopt);
  EXPECT_EQ(bit_rate("10mbit"), 10'000'000U);
  EXPECT_EQ(bit_rate("10mb"), std::nullopt);
}

TEST(Scalars, SignalsHaveOneName) {
  for (const char* text : {"TERM", "SIGTERM", "sigterm", "15"}) EXPECT_EQ(signal(text), "SIGTERM") << text;
  EXPECT_EQ(signal("SIGRTMIN+3"), "SIGRTMIN+3");
  for (const char* text : {"", "SIG", "SIGFOO", "0", "64", "SIGRTMIN+99"})
    EXPECT_EQ(signal(text), std::nullopt) << text;
}

TEST(Scalars, CpuSetsAreRisingRanges) {
  for (const char* text : {"0", "0-1,3", "7,2"}) EXPECT_EQ(cpu_set(text), text);
  for (const char* text : {"", ",", "1-", "3-1", "a", "0-1,", "99999"})
    EXPECT_EQ(cpu_set(text), std::nullopt) << text;
}

TEST(Scalars, WordsAreSplitAsByAShell) {
  using Words = std::vector<std::string>;
  const std::pair<const char*, std::optional<Words>> cases[] = {
      {"", Words{}},
      {"a b", Words{"a", "b"}},
      {"  a\t b\n", Words{"a", "b"}},
      {"sh -c 'echo \"x\" $Y'", Words{"sh", "-c", "echo \"x\" $Y"}},
      {R"("a \"b\"" c\ d)", Words{"a \"b\"", "c d"}},
      {R"("a\nb" 'c\')", Words{"a\\nb", "c\\"}},
      {"''", Words{""}},
      {"a'b'\"c\"d", Words{"abcd"}},
      {"a 'b", std::nullopt},
      {"a \"b", std::nullopt}};
  for (const auto& [text, value] : cases) EXPECT_EQ(words(text), value) << text;
}

TEST(Scalars, PortsHaveAnAddressARangeAndAProtocol) {
  const std::pair<const char*, std::vector<PublishedPort>> cases[] = {
      {"80", {{"", 0, 80, "tcp"}}},
      {"8080:80", {{"", 8080, 80, "tcp"}}},
      {"53:53/udp", {{"", 53, 53, "udp"}}},
      {"127.0.0.1:8080:80", {{"127.0.0.1", 8080, 80, "tcp"}}},
      {"127.0.0.1::80", {{"127.0.0.1", 0, 80, "tcp"}}},
      {"[::1]:8080:80", {{"::1", 8080, 80, "tcp"}}},
      {"8000-8001:80-81", {{"", 8000, 80, "tcp"}, {"", 8001, 81, "tcp"}}},
      {"7000-7001", {{"", 0, 7000, "tcp"}, {"", 0, 7001, "tcp"}}},
      {"8000-8009:80", {{"", 8000, 80, "tcp", 8009}}},
      {"[::1]:8000-8001:80/udp", {{"::1", 8000, 80, "udp", 8001}}},
      {"8000-8000:80", {{"", 8000, 80, "tcp"}}},
      {"9999:99/sctp", {{"", 9999, 99, "sctp"}}},
      {"80/TCP", {{"", 0, 80, "tcp"}}}};
  for (const auto& [text, value] : cases) {
    const auto all = ports(text);
    ASSERT_TRUE(all.ok()) << text << all.error().words;
    EXPECT_EQ(*all, value) << text;
  }
  for (const char* text :
       {"", ":", "0", "65536", "99999:80", "80:80:80", "a:80", "::1:80:80", "[::1:80", "80-79",
        "8001-8000:80", "8000-8002:80-81", "80/dccp", "80/", "80/tcp/udp", "1.2.3:80:80"}) {
    EXPECT_FALSE(ports(text).ok()) << text;
  }
}

TEST(Scalars, MacsAreUnicastAndWrittenWithColons) {
  EXPECT_EQ(mac("02:42:AC:11:00:02"), "02:42:ac:11:00:02");
  EXPECT_EQ(mac("02-42-ac-11-00-02"), "02:42:ac:11:00:02");
  for (const char* text :
       {"", "02:42:ac:11:00", "02:42:ac:11:00:0g", "02:42-ac:11:00:02", "0242:ac11:0002", "01:00:5e:00:00:01",
        "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "02:42:ac:11:00:02:03"})
    EXPECT_FALSE(mac(text)) << text;
}

TEST(Scalars, InterfaceNamesAreWhatTheKernelTakesAndNotItsOwn) {
  for (const char* text : {"eth0", "lan.7", "a-name-of-15-by", "x"})
    EXPECT_TRUE(interface_name(text)) << text;
  for (const char* text : {"", "a-name-of-16-byt", "a/b", "a b", "a:b", "eth%d", ".", "..", "lo", "all",
                           "default", "-x", "\xc3\xa4"})
    EXPECT_FALSE(interface_name(text)) << text;
}

TEST(Scalars, LinkLocalAddressesAreOfOnePrefixAFamily) {
  EXPECT_EQ(link_local("169.254.7.7"), "169.254.7.7");
  EXPECT_EQ(link_local("FE80:0::7"), "fe80::7");
  for (const char* text : {"169.253.7.7", "fec0::7", "10.0.0.1", "::1", "169.254.7", ""})
    EXPECT_FALSE(link_local(text)) << text;
}

TEST(Scalars, SysctlsOfAnInterfaceNameItAsIfname) {
  for (const char* text : {"net.ipv4.conf.IFNAME.log_martians", "net.ipv6.neigh.IFNAME.gc_stale_time"})
    EXPECT_TRUE(is_interface_sysctl(text)) << text;
  for (const char* text : {"net.ipv4.conf.eth0.log_martians", "net.ipv4.ip_forward", "kernel.conf.IFNAME.x",
                           "net.ipv4.conf.IFNAME.", "net.ipv4.conf.IFNAME./../x", "net.ipv4.conf.IFNAME.a.b"})
    EXPECT_FALSE(is_interface_sysctl(text)) << text;
}

TEST(Scalars, SubnetsHaveNoHostBits) {
  EXPECT_TRUE(subnet("10.0.0.0/8")->contains("10.255.0.1"));
  EXPECT_FALSE(subnet("10.0.0.0/8")->contains("11.0.0.1"));
  EXPECT_FALSE(subnet("10.0.0.0/8")->contains("fd00::1"));
  EXPECT_TRUE(subnet("fd00::/64")->contains("fd00::9"));
  EXPECT_TRUE(subnet("10.1.0.0/16")->overlaps(*subnet("10.1.2.0/24")));
  EXPECT_FALSE(subnet("10.1.0.0/16")->overlaps(*subnet("10.2.0.0/16")));
  for (const char* text : {"", "10.0.0.0", "10.0.0.5/24", "10.0.0.0/33", "10.0.0.0/x", "/8"})
    EXPECT_FALSE(subnet(text)) << text;
}

}  // namespace
}  // namespace stack::scalars
