// A container whose first process has a terminal.
#include <sys/socket.h>

#include "core/sys/descriptors.h"
#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

using ContainerTerminal = LiveContainer;

TEST_F(ContainerTerminal, IsTheContainersOwnAndItsMasterGoesWhereItIsWanted) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  for (const bool init : {false, true}) {
    service_.init = init;
    service_.command = {
        "tty; test -t 0 && test -t 2 && echo terminal; ls /proc/self/fd | tr '\\n' ' '; stat -c %U "
        "/dev/pts/0"};
    const Launched launched = launch_as_sibling([&] {
      ContainerLaunch it = launch();
      it.pty = theirs.get();
      return start_container(it);
    });
    EXPECT_EQ(launched.error, "");
    const UniqueFd master = receive_descriptor(ours.get());
    ASSERT_TRUE(master.valid());
    EXPECT_EQ(read_to_end(master.get()), "/dev/pts/0\r\nterminal\r\n0 1 2 3 root\r\n") << init;
    EXPECT_EQ(exit_code(launched.pid), 0);
  }
}

}  // namespace
}  // namespace stack::engine
