#include "core/engine/users.h"

#include <gtest/gtest.h>

namespace stack::engine {
namespace {

constexpr char kPasswd[] =
    "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/srv/web:/bin/sh\n77:x:5:6::/seven:\nbroken\n";
constexpr char kGroup[] = "root:x:0:\nweb:x:34:\nlog:x:40:adm,web\nmail:x:41:web\n";

struct Case {
  const char* user;
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
  const char* home;
};

TEST(Users, AreFoundAsDockerFindsThem) {
  const Case cases[] = {{"", 0, 0, {}, "/root"},
                        {"web", 33, 34, {40, 41}, "/srv/web"},
                        {"33", 33, 34, {40, 41}, "/srv/web"},
                        {"web:log", 33, 40, {}, "/srv/web"},
                        {"1000", 1000, 0, {}, "/"},
                        {"1000:2000", 1000, 2000, {}, "/"},
                        {"77", 5, 6, {}, "/seven"},
                        {":log", 0, 40, {}, "/root"}};
  for (const Case& c : cases) {
    const auto found = look_up_in(c.user, kPasswd, kGroup);
    ASSERT_TRUE(found) << c.user << ": " << found.error().words;
    EXPECT_EQ(found->uid, c.uid) << c.user;
    EXPECT_EQ(found->gid, c.gid) << c.user;
    EXPECT_EQ(found->groups, c.groups) << c.user;
    EXPECT_EQ(found->home, c.home) << c.user;
  }
}

TEST(Users, ThatAreUnknownAreFaults) {
  EXPECT_FALSE(look_up_in("nemo", kPasswd, kGroup));
  EXPECT_FALSE(look_up_in("web:nemo", kPasswd, kGroup));
  EXPECT_FALSE(look_up_in("99999999999", kPasswd, kGroup));
}

TEST(Users, GetGroupsByNameOrNumberBeside) {
  const auto groups = groups_in({"log", "41", "9000"}, kGroup);
  ASSERT_TRUE(groups) << groups.error().words;
  EXPECT_EQ(*groups, (std::vector<gid_t>{40, 41, 9000}));
  const auto unknown = groups_in({"nemo"}, kGroup);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().words, "find group \"nemo\" in the container's /etc/group: no such group");
}

}  // namespace
}  // namespace stack::engine
