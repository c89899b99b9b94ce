// The table in the kernel, in a network namespace made for the test.
#include "net/firewall.h"

#include <sys/wait.h>

#include "tests/unit/net/live_netns.h"

namespace stack::net {
namespace {

Firewall shop() {
  Firewall firewall;
  firewall.project = "shop";
  firewall.networks = {{"st-bfront", "10.1.0.0/24", "fd01::/64", false},
                       {"st-bback", "10.2.0.0/24", "", true}};
  firewall.ports = {{"", 8080, 80, "tcp", "10.1.0.2", "fd01::2"},
                    {"::1", 53, 5353, "udp", "10.1.0.2", "fd01::2"}};
  return firewall;
}

bool is_present(const std::string& project) {
  return FirewallTable::open(project).value().present().value();
}

Result<void> apply_firewall(const std::string& ruleset) {
  FirewallTable table = TRY(FirewallTable::open("shop"));
  FirewallChange change = TRY(FirewallChange::begin(table, ruleset));
  return change.finish();
}

class FirewallLive : public LiveNetns {
 protected:
  static std::string tables() { return shell("nft list tables"); }
  static std::string rules() { return shell("nft list ruleset"); }
};

TEST_F(FirewallLive, IsThereOnceApplied) {
  EXPECT_FALSE(is_present("shop"));
  EXPECT_OK(apply_firewall(render(shop())));
  EXPECT_TRUE(is_present("shop"));
  EXPECT_FALSE(is_present("sho"));
  EXPECT_EQ(tables(), "table inet stack_shop\n");
  for (const char* part : {"tcp dport 8080 dnat ip to 10.1.0.2:80", "tcp dport 8080 dnat ip6 to [fd01::2]:80",
                           "ip6 daddr ::1 udp dport 53 dnat ip6 to [fd01::2]:5353"})
    EXPECT_TRUE(holds(rules(), part)) << part << " in " << rules();
}

TEST_F(FirewallLive, AppliedTwiceIsTheSame) {
  EXPECT_OK(apply_firewall(render(shop())));
  const std::string before = rules();
  EXPECT_OK(apply_firewall(render(shop())));
  EXPECT_EQ(rules(), before);
}

TEST_F(FirewallLive, IsReplacedAsAWhole) {
  EXPECT_OK(apply_firewall(render(shop())));
  Firewall next = shop();
  next.networks.pop_back();
  next.ports.clear();
  EXPECT_OK(apply_firewall(render(next)));
  EXPECT_EQ(tables(), "table inet stack_shop\n");
  const std::string now = rules();
  EXPECT_TRUE(holds(now, "st-bfront"));
  for (const char* gone : {"st-bback", "8080", "chain published", "chain input"})
    EXPECT_FALSE(holds(now, gone)) << gone << " in " << now;
}

TEST_F(FirewallLive, LeavesTablesOfOthersAlone) {
  shell("nft add table inet stack_blog; nft add table ip nat");
  EXPECT_OK(apply_firewall(render(shop())));
  EXPECT_OK(remove_firewall("shop"));
  EXPECT_EQ(tables(), "table inet stack_blog\ntable ip nat\n");
}

TEST_F(FirewallLive, IsRemovedAndNeedNotBeThere) {
  EXPECT_OK(apply_firewall(render(shop())));
  EXPECT_OK(remove_firewall("shop"));
  EXPECT_FALSE(is_present("shop"));
  EXPECT_EQ(tables(), "");
  EXPECT_OK(remove_firewall("shop"));
}

TEST_F(FirewallLive, StaysWhenTheNextOneIsFaulty) {
  EXPECT_OK(apply_firewall(render(shop())));
  const std::string before = rules();
  const std::string replaced = "table inet stack_shop {\n";
  const std::pair<std::string, const char*> cases[] = {
      {replaced + "chain c {\n nonsense\n}\n}\n", "syntax error"},
      {replaced + "chain c {\n jump nowhere\n}\n}\n", "No such file or directory"},  // refused by the kernel
      {replaced + "}\ndelete table inet stack_other\n", "No such file or directory"}};
  for (const auto& [text, words] : cases) {
    const auto applied = apply_firewall(text);
    ASSERT_FALSE(applied) << text;
    EXPECT_TRUE(applied.error().words.starts_with("replace the table: ")) << applied.error().words;
    EXPECT_TRUE(holds(applied.error().words, words)) << applied.error().words;
    EXPECT_EQ(rules(), before);
  }
}

// A child that was forgotten would be a zombie of the reconciler, which reaps only what it knows.
TEST_F(FirewallLive, LeavesNoProcessBehind) {
  EXPECT_OK(apply_firewall(render(shop())));
  EXPECT_FALSE(apply_firewall("nonsense"));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace stack::net
