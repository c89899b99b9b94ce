#include <sys/stat.h>

#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

using Pins = LiveContainer;

ino_t inode(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

TEST_F(Pins, StayOverMembersAndAreSharedByThem) {
  EXPECT_EQ(run("ip link set lo mtu 1234 2>/dev/null || echo; ipcmk -M 10M > /dev/null; echo said > "
                "/dev/shm/word; ipcs -m | grep -c 10485760")
                .text.back(),
            '\n');
  const Output out =
      run("ipcs -m | grep -c 10485760; cat /dev/shm/word; hostname; domainname; cat /sys/class/net/lo/flags");
  EXPECT_EQ(out.text, "1\nsaid\nbox\nexample.org\n0x9\n");
}

TEST_F(Pins, AreKeptWhenAskedForAgain) {
  const ino_t before = inode(pins_ + "/web.net");
  ASSERT_TRUE(pin_sandbox(pins_ + "/web.user", ids_, pins()));
  EXPECT_EQ(inode(pins_ + "/web.net"), before);
  ASSERT_TRUE(unpin(pins_ + "/web.net"));
  EXPECT_FALSE(is_pinned(pins_ + "/web.net"));
  ASSERT_TRUE(pin_sandbox(pins_ + "/web.user", ids_, pins()));
  EXPECT_TRUE(is_pinned(pins_ + "/web.net"));
  EXPECT_EQ(run("id -u; cat /sys/class/net/lo/flags").text, "0\n0x9\n");
}

TEST_F(Pins, GoWithoutATraceAndTwice) {
  for (int i = 0; i < 2; ++i)
    for (const char* kind : {"/web.net", "/web.ipc", "/web.uts", "/web.user"})
      EXPECT_TRUE(unpin(pins_ + kind));
  EXPECT_NE(::access((pins_ + "/web.shm").c_str(), F_OK), 0);
  EXPECT_TRUE(remove_runtime_folder(pins_));
  EXPECT_TRUE(remove_runtime_folder(pins_));
}

TEST_F(Pins, LeaveNoZombie) {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG | __WALL), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(Pins, OfTheHostsUserNamespaceBelongToIt) {
  PinPaths paths{pins_ + "/host.net", "", pins_ + "/host.uts", "other", ""};
  ASSERT_TRUE(pin_sandbox("", ids_, paths));
  EXPECT_TRUE(is_pinned(paths.net));
  EXPECT_NE(inode(paths.net), inode("/proc/self/ns/net"));
}

}  // namespace
}  // namespace stack::engine
