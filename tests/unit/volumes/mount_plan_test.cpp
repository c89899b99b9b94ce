#include "core/volumes/mount_plan.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

namespace stack::volumes {
namespace {

using Options = std::map<std::string, std::string>;
using Words = std::vector<std::string>;

MountPlan plan_of(const Options& options) {
  const auto plan = plan_mount(options);
  EXPECT_TRUE(plan.ok()) << plan.error().words;
  return plan ? *plan : MountPlan{};
}

TEST(MountPlan, OfNoOptionsIsPlain) {
  EXPECT_EQ(plan_of({}).kind, MountPlan::Kind::plain);
  EXPECT_EQ(plan_of({{"type", ""}, {"o", ","}}).kind, MountPlan::Kind::plain);
}

TEST(MountPlan, TellsAttributesOfTheMountFromOptionsOfTheFileSystem) {
  const MountPlan plan = plan_of(
      {{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=100m,ro,,uid=1000,noexec,nosuid,suid,defaults"}});
  EXPECT_EQ(plan.kind, MountPlan::Kind::filesystem);
  EXPECT_EQ(plan.options, (Words{"size=100m", "uid=1000"}));
  EXPECT_EQ(plan.attributes, std::uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC});
}

TEST(MountPlan, TakesABindByItsTypeOrItsOption) {
  const Options cases[] = {{{"type", "none"}, {"o", "bind"}, {"device", "/srv"}},
                           {{"o", "bind,ro"}, {"device", "/srv"}},
                           {{"type", "none"}, {"o", "rbind,rslave"}, {"device", "/srv"}},
                           {{"type", "bind"}, {"device", "/srv"}}};
  for (const Options& options : cases) EXPECT_EQ(plan_of(options).kind, MountPlan::Kind::bind);
  EXPECT_FALSE(plan_of(cases[0]).recursive);
  EXPECT_EQ(plan_of(cases[1]).attributes, std::uint64_t{MOUNT_ATTR_RDONLY});
  EXPECT_TRUE(plan_of(cases[2]).recursive);
  EXPECT_EQ(plan_of(cases[2]).propagation, std::uint64_t{MS_SLAVE});
}

TEST(MountPlan, PutsTheServerOfDockersWayIntoTheDevice) {
  const auto plan = [](const std::string& o, const std::string& device) {
    return plan_of({{"type", "nfs"}, {"o", o}, {"device", device}});
  };
  EXPECT_EQ(plan("addr=10.0.0.7,rw,nfsvers=4", ":/export").device, "10.0.0.7:/export");
  EXPECT_EQ(plan("addr=10.0.0.7,rw,nfsvers=4", ":/export").options, (Words{"rw", "nfsvers=4", "retry=0"}));
  EXPECT_EQ(plan("addr=fd00::7", ":/export").device, "[fd00::7]:/export");
  EXPECT_EQ(plan("addr=[fd00::7]", ":/export").device, "[fd00::7]:/export");
  EXPECT_EQ(plan("retry=1", "nas:/export").device, "nas:/export");
  EXPECT_EQ(plan("retry=1", "nas:/export").options, Words{"retry=1"});
}

TEST(MountPlan, SaysWhatIsWrong) {
  const std::pair<Options, std::string> cases[] = {
      {{{"size", "1g"}}, "no key \"size\""},
      {{{"o", "size=1m"}}, "want a file system as \"type\""},
      {{{"type", "none"}, {"device", "/srv"}}, "\"bind\" in \"o\""},
      {{{"device", "/srv"}}, "want a file system as \"type\""},
      {{{"type", "ext4"}}, "wants a \"device\""},
      {{{"type", "none"}, {"o", "bind"}, {"device", "srv"}}, "absolute path"},
      {{{"type", "none"}, {"o", "bind"}}, "absolute path"},
      {{{"type", "none"}, {"o", "bind,size=1m"}, {"device", "/srv"}}, "no option \"size=1m\""},
      {{{"type", "nfs"}, {"o", "rw"}, {"device", ":/export"}}, "addr=SERVER"},
      {{{"type", "nfs"}, {"o", "addr=1.2.3.4"}}, "wants a \"device\""},
  };
  for (const auto& [options, expected] : cases) {
    const auto plan = plan_mount(options);
    ASSERT_FALSE(plan.ok()) << expected;
    EXPECT_NE(plan.error().words.find(expected), std::string::npos) << plan.error().words;
  }
}

}  // namespace
}  // namespace stack::volumes
