#include <sys/socket.h>

#include <cstring>

#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

using Exec = LiveContainer;

TEST_F(Exec, JoinsEveryNamespaceOfTheContainer) {
  const pid_t pid = start("exec sleep 1000");
  const Output out =
      exec(pid, {"sh", "-c",
                 "for n in cgroup ipc mnt net pid user uts; do test $(readlink "
                 "/proc/self/ns/$n) = $(readlink /proc/1/ns/$n) || echo differs: $n; done; id -u; "
                 "cat /proc/1/comm; pwd; ls /proc/self/fd | tr '\\n' ' '"});
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.text, "0\nsleep\n/\n0 1 2 3 ");
}

TEST_F(Exec, HoldsNoMoreThanTheContainer) {
  const pid_t pid = start("exec sleep 1000");
  EXPECT_EQ(
      exec(pid, {"grep", "-E", "^(CapInh|CapPrm|CapBnd|NoNewPrivs)", "/proc/self/status"}).text,
      "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\n");
  EXPECT_EQ(exec(pid, {"sh", "-c", "id -u; id -g; grep CapPrm /proc/self/status"}, "33:33").text,
            "33\n33\nCapPrm:\t0000000000000000\n");
}

TEST_F(Exec, PassesTheExitCodeAndNamesWhatIsMissing) {
  const pid_t pid = start("exec sleep 1000");
  EXPECT_EQ(exec(pid, {"sh", "-c", "exit 42"}).code, 42);
  const Output out = exec(pid, {"no-such-program"});
  EXPECT_EQ(out.error, "find in PATH command \"no-such-program\": No such file or directory");
  EXPECT_EQ(out.code, 127);
  EXPECT_EQ(exec(pid, {"/proc/self/exe"}).error,
            "find command \"/proc/self/exe\": Too many levels of symbolic links");
}

TEST_F(Exec, SeesAFailureToJoinAnEndedContainer) {
  const pid_t pid = start("exec sleep 1000");
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
  const Output out = exec(pid, {"true"});
  EXPECT_NE(out.error.find("join"), std::string::npos) << out.error;
}

TEST_F(Exec, GetsATerminalOfTheContainer) {
  const pid_t container = start("exec sleep 1000");
  const Output out = finish([&](int write_end) -> Result<Pending> {
    const UniqueFd pidfd(pidfd_open(container));
    ExecLaunch it;
    it.service = &service_;
    it.container = pidfd.get();
    it.argv = {"sh", "-c", "tty; test -t 0 && echo terminal; ps -o tty= -p $$; stat -c %U /dev/pts/0"};
    it.tty = true;
    it.ids = ids_;
    it.user_ns = pins_ + "/web.user";
    it.state_dir = lib_ + "/web";
    it.capabilities = {capabilities_, capabilities_};
    Pending pending = TRY(start_exec(it));
    TRY(release(pending));
    char byte = 0;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec io{&byte, 1};
    msghdr message{};
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(pending.pty.get(), &message, MSG_CMSG_CLOEXEC) != 1) {
      TRY(outcome(pending));
      return os_error("no terminal came");
    }
    int master = -1;
    std::memcpy(&master, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof master);
    TRY(outcome(pending));
    const std::string said = read_to_end(master);  // EIO when the last slave is closed
    if (::write(write_end, said.data(), said.size()) < 0) return os_error("write");
    // The test's launcher releases once more, which here goes nowhere.
    Pipe again = TRY(make_pipe());
    pending.go = std::move(again.write);
    pending.outcome = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    static_cast<void>(again.read.release());
    return pending;
  });
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.text, "/dev/pts/0\r\nterminal\r\npts/0\r\nroot\r\n");
}

}  // namespace
}  // namespace stack::engine
