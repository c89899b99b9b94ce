#include "core/engine/devices.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "core/engine/cgroup_devices.h"
#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

std::set<std::string> lines_beyond_the_usual(const ServiceSpec& service) {
  const auto policy = device_policy(service);
  EXPECT_TRUE(policy) << policy.error().words;
  std::set<std::string> lines = cgroup::device_lines_v1(*policy);
  for (const std::string& usual : cgroup::device_lines_v1({})) lines.erase(usual);
  return lines;
}

TEST(Devices, AreAllowedByTheirNumbersAndPermissions) {
  ServiceSpec service;
  service.devices = {{"/dev/kmsg", "/dev/log", "r"}};
  service.device_cgroup_rules = {"c 189:* mr", "b 8:1 w", "a 7:3 rwm"};
  EXPECT_EQ(lines_beyond_the_usual(service),
            (std::set<std::string>{"c 1:11 r", "c 189:* rm", "b 8:1 w", "b 7:3 rwm", "c 7:3 rwm"}));
}

TEST(Devices, ThatAreNamedTwiceAreOneRule) {
  ServiceSpec service;
  service.devices = {{"/dev/kmsg", "/dev/log", "mr"}};
  service.device_cgroup_rules = {"c 1:11 w", "a 7:3 r", "b 7:3 m"};
  EXPECT_EQ(lines_beyond_the_usual(service), (std::set<std::string>{"c 1:11 rwm", "b 7:3 rm", "c 7:3 r"}));
  service.device_cgroup_rules = {"a *:* rwm"};
  EXPECT_EQ(cgroup::device_lines_v1(*device_policy(service)), (std::set<std::string>{"a *:* rwm"}));
}

TEST(Devices, OfAFolderAreAllThatAreBelow) {
  ServiceSpec service;
  service.devices = {{"/dev/net", "/dev/nets", "rw"}};
  const auto nodes = device_nodes(service);
  ASSERT_TRUE(nodes) << nodes.error().words;
  ASSERT_EQ(nodes->size(), 1U);
  EXPECT_EQ(nodes->at(0).name, "nets/tun");
  EXPECT_EQ(nodes->at(0).number, makedev(10, 200));
}

TEST(Devices, ThatAreNoneAreFaults) {
  ServiceSpec service;
  service.devices = {{"/dev/nosuch", "/dev/x", "rwm"}};
  EXPECT_EQ(device_policy(service).error().words,
            "devices: look up \"/dev/nosuch\": No such file or directory");
  service.devices = {{"/etc/passwd", "/dev/x", "rwm"}};
  EXPECT_EQ(device_policy(service).error().words, "devices: \"/etc/passwd\" is no device");
}

using Container = LiveContainer;

TEST_F(Container, HasTheDevicesThatItAsksForUnderItsOwnRoot) {
  service_.devices = {{"/dev/fuse", "/dev/deep/er/f", "rw"}, {"/dev/null", "/dev/zero", "rw"}};
  const Output out =
      run("stat -c '%u %g %t:%T' /dev/deep/er/f /dev/zero; stat -c %u /dev/deep; exec 3<>/dev/deep/er/f && "
          "echo open");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.text, "0 0 a:e5\n0 0 1:3\n0\nopen\n");
}

TEST_F(Container, HasAConsoleOfItsOwn) {
  service_.tty = true;
  service_.command = {
      "tty; test -t 0 && test -t 2 && echo terminal; echo $TERM; id -u; stat -c '%u %G' /dev/pts/0;"
      " readlink /proc/self/fd/1; stat -c %t:%T /dev/console; cat /proc/self/stat | cut -d' ' -f7"};
  // The launcher's end of the terminal is read there, for it dies with it.
  const Launched launched = launch_as_sibling([&]() -> Result<Pending> {
    Pending pending = TRY(start_container(launch()));
    const UniqueFd terminal = std::move(pending.terminal);
    TRY(release(pending));
    TRY(outcome(pending));
    ::fcntl(terminal.get(), F_SETFL, O_RDWR);
    std::string text;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(terminal.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return fault(std::to_string(pending.pid) + "\n" + text);
  });
  const std::string text = launched.error.substr(launched.error.find('\n') + 1);
  EXPECT_EQ(text, "/dev/pts/0\r\nterminal\r\nxterm\r\n0\r\n0 tty\r\n/dev/pts/0\r\n88:0\r\n34816\r\n");
  EXPECT_EQ(exit_code(static_cast<pid_t>(std::stol(launched.error))), 0);
}

TEST_F(Container, TakesTheGroupsThatItIsGiven) {
  service_.user = "65534:65534";
  service_.group_add = {"audio", "777"};
  const Output out = run("id -G");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.text, "65534 29 777\n");
  service_.group_add = {"nosuch"};
  EXPECT_NE(run("id").error.find("group_add: find group \"nosuch\""), std::string::npos);
}

TEST_F(Container, SeesTheHostsCgroupsOnlyWhereItAsks) {
  const std::string script = "readlink /proc/self/ns/cgroup";
  std::array<char, 64> host{};
  ASSERT_GT(::readlink("/proc/self/ns/cgroup", host.data(), host.size() - 1), 0);
  EXPECT_NE(run(script).text, std::string(host.data()) + "\n");
  service_.cgroup_host = true;
  EXPECT_EQ(run(script).text, std::string(host.data()) + "\n");
}

}  // namespace
}  // namespace stack::engine
