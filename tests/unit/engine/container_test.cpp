#include <sys/stat.h>

#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

using Container = LiveContainer;

TEST_F(Container, ShowsTheHostsProgramsInIsolation) {
  const Output out =
      run("id -u; hostname; echo $$; ls -1 /; ps -e -o pid=,comm=; cat /etc/hosts; head -1 /etc/passwd");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.code, 0);
  EXPECT_TRUE(out.text.starts_with("0\nbox\n1\n")) << out.text;
  EXPECT_NE(out.text.find("10.9.8.7 box"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("root:x:0:0"), std::string::npos) << out.text;
  EXPECT_EQ(out.text.find("work\n"), std::string::npos) << out.text;
}

TEST_F(Container, HoldsNoMoreThanItsCapabilities) {
  const Output out = run("grep -E '^(Cap|NoNewPrivs)' /proc/self/status; cat /proc/self/uid_map");
  EXPECT_EQ(out.text,
            "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n"
            "CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n"
            "         0 1073741824      65536\n");
}

TEST_F(Container, HasDescriptorsZeroToTwoOnly) {
  EXPECT_EQ(run("ls /proc/self/fd | tr '\\n' ' '").text, "0 1 2 3 ");  // 3 is the folder that ls reads
}

TEST_F(Container, NamesTheCommandThatIsMissing) {
  service_.entrypoint = std::vector<std::string>{"redis-serverx"};
  const Output out = run("x");
  EXPECT_EQ(out.error, "find in PATH command \"redis-serverx\": No such file or directory");
  EXPECT_EQ(out.code, 127);
}

TEST_F(Container, RefusesToRunTheProgramOfItsMaker) {
  service_.entrypoint = std::vector<std::string>{"/proc/self/exe"};
  const Output out = run("x");
  EXPECT_EQ(out.error, "find command \"/proc/self/exe\": Too many levels of symbolic links");
}

TEST_F(Container, RefusesAWorkingDirOfOurDescriptors) {
  for (int fd = 3; fd < 12; ++fd) {
    service_.working_dir = "/proc/self/fd/" + std::to_string(fd);
    EXPECT_TRUE(run("pwd").error.starts_with("enter working_dir")) << fd;
  }
}

TEST_F(Container, MasksWhatTellsOfTheHost) {
  const Output out = run(
      "wc -c < /proc/interrupts; wc -c < /proc/keys; ls /sys/firmware /proc/scsi 2>/dev/null | grep -v : | "
      "grep -c .;"
      "echo 1 > /proc/sys/kernel/panic; echo 1 > /proc/fs/x; mkdir /sys/fs/cgroup/x; mount -t "
      "tmpfs x /mnt;"
      "umount /proc/interrupts; mknod /tmp/d b 8 0");
  EXPECT_EQ(out.error, "");
  EXPECT_TRUE(out.text.starts_with("0\n0\n0\n")) << out.text;
  for (const char* denied : {"panic", "/proc/fs/x", "cgroup/x", "/mnt", "/proc/interrupts", "/tmp/d"})
    EXPECT_NE(out.text.find(denied), std::string::npos) << denied << "\n" << out.text;
}

TEST_F(Container, HasTheUsualDevices) {
  const Output out =
      run("ls /dev | tr '\\n' ' '; echo a > /dev/null && head -c 3 /dev/zero | wc -c; echo b > /dev/stdout;"
          "stat -c '%a %u %g' /dev/null /dev/shm /dev/pts");
  EXPECT_EQ(out.text,
            "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero 3\nb\n"
            "666 0 0\n1777 0 0\n755 65534 65534\n");
}

TEST_F(Container, WritesItsOwnLayerAndKeepsItOverARestart) {
  EXPECT_EQ(
      run("echo kept > /var/lib/file; echo 10.0.0.1 stale >> /etc/hosts; chmod 4755 /var/lib/file").code, 0);
  struct stat st {};
  ASSERT_EQ(::stat((lib_ + "/web/upper/var/lib/file").c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, ids_.base);
  EXPECT_EQ(run("cat /var/lib/file; grep -c stale /etc/hosts").text, "kept\n0\n");
}

TEST_F(Container, RunsAsTheUserOfItsPasswd) {
  service_.user = "www-data";
  EXPECT_EQ(run("id -un; id -gn; echo $HOME; grep CapEff /proc/self/status; echo x > /dev/stdout").text,
            "www-data\nwww-data\n/var/www\nCapEff:\t0000000000000000\nx\n");
  service_.user = "12345:daemon";
  EXPECT_EQ(run("id -u; id -gn; id -G").text, "12345\ndaemon\n1\n");
  service_.user = "nobody-of-this-name";
  EXPECT_NE(run("id").error.find("no such user"), std::string::npos);
}

TEST_F(Container, MountsVolumesWithTheOwnersTheyHaveOnDisk) {
  ASSERT_TRUE(make_folders(run_ + "/data", 0755));
  ASSERT_TRUE(replace_file(run_ + "/data/file", "content\n", 0600, Durability::none));
  Mount volume;
  volume.source = run_ + "/data";
  volume.target = "/srv/new/data";
  Mount read_only = volume;
  read_only.target = "/srv/ro";
  read_only.read_only = true;
  Mount file = volume;
  file.source += "/file";
  file.target = "/srv/one";
  service_.mounts = {volume, read_only, file};
  const Output out =
      run("cat /srv/new/data/file /srv/one; stat -c %u /srv/new/data/file; echo a > /srv/new/data/made;"
          "echo b > /srv/ro/made");
  EXPECT_EQ(out.error, "");
  EXPECT_TRUE(out.text.starts_with("content\ncontent\n0\n")) << out.text;
  EXPECT_NE(out.text.find("Read-only file system"), std::string::npos) << out.text;
  struct stat st {};
  ASSERT_EQ(::stat((run_ + "/data/made").c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, 0U);
}

TEST_F(Container, SaysWhichVolumeCannotBeIdmapped) {
  Mount volume;
  volume.source = "/proc";
  volume.target = "/data";
  volume.recursive = false;
  service_.mounts = {volume};
  const Output out = run("true");
  EXPECT_TRUE(out.error.starts_with("volume \"/data\": map the ids of \"/proc\"")) << out.error;
}

TEST_F(Container, MountsTmpfsAsAsked) {
  Mount tmpfs;
  tmpfs.type = Mount::Type::tmpfs;
  tmpfs.target = "/cache";
  tmpfs.size = 1 << 20;
  tmpfs.mode = 0750;
  tmpfs.options = {"uid=33", "exec"};
  service_.mounts = {tmpfs};
  EXPECT_EQ(run("stat -c '%a %u %g' /cache; df -k --output=size /cache | tail -1 | tr -d ' '; grep -c "
                "'/cache.*noexec' "
                "/proc/mounts")
                .text,
            "750 33 0\n1024\n0\n");
}

TEST_F(Container, FollowsNoSymlinkOfTheImageOutOfItsRoot) {
  const std::string image = run_ + "/image";
  for (const char* folder : {"", "/usr", "/etc", "/dev", "/sys"})
    ASSERT_TRUE(make_folders(image + folder, 0755));
  ASSERT_EQ(::symlink("../../../../../../etc", (image + "/data").c_str()), 0);
  ASSERT_EQ(::symlink("/usr", (image + "/proc").c_str()), 0);
  service_.image.kind = ImageRef::Kind::rootfs;
  service_.image.path = image;
  EXPECT_EQ(run("true").error, "mount \"proc\": Too many levels of symbolic links");

  ASSERT_EQ(::unlink((image + "/proc").c_str()), 0);
  ASSERT_EQ(::symlink("/proc/sys", (image + "/trap").c_str()), 0);
  ASSERT_TRUE(make_folders(run_ + "/v", 0755));
  Mount volume;
  volume.source = run_ + "/v";
  volume.target = "/trap";
  service_.mounts = {volume};
  EXPECT_EQ(run("true").error, "mount volume \"/trap\": Operation not permitted");
  volume.target = "/data/made";
  service_.mounts = {volume};
  run("true");
  struct stat st {};
  EXPECT_NE(::stat("/etc/made", &st), 0);
}

TEST_F(Container, MayBeReadOnly) {
  service_.read_only = true;
  const Output out = run("echo x > /file; echo y > /dev/shm/y && echo fine");
  EXPECT_NE(out.text.find("Read-only file system"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("fine"), std::string::npos) << out.text;
}

TEST_F(Container, SetsSysctlsAndLimitsOfItsOwnOnly) {
  service_.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "0"}, {"kernel.shmmni", "77"}};
  service_.ulimits = {{"nofile", {33, 44}}};
  service_.oom_score_adj = 300;
  EXPECT_EQ(
      run("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmni; ulimit -Sn; ulimit -Hn;"
          "cat /proc/self/oom_score_adj")
          .text,
      "0\n77\n33\n44\n300\n");
  service_.sysctls = {{"kernel.core_pattern", "|/bin/evil"}};
  EXPECT_EQ(run("true").error,
            "sysctl \"kernel.core_pattern\": it is not namespaced: it would change the host");
}

TEST_F(Container, RunsUnderATinyInit) {
  service_.init = true;
  const Output out =
      run("echo $$; cat /proc/1/comm; tr '\\0' ' ' < /proc/1/cmdline | cut -d ' ' -f 1;"
          "(: >> /proc/1/exe) 2>/dev/null || echo sealed; sh -c 'sleep 0 &'; kill -9 $$");
  EXPECT_EQ(out.text, "2\ninit\ninit\nsealed\n");
  EXPECT_EQ(out.code, 137);
  const pid_t pid = start("trap 'exit 7' TERM; echo up > /dev/shm/up; while :; do sleep 0.01; done");
  while (exec(pid, {"test", "-e", "/dev/shm/up"}).code != 0) {
  }
  ::kill(pid, SIGTERM);
  running_.clear();
  EXPECT_EQ(exit_code(pid), 7);
}

TEST_F(Container, MayLiveInTheHostsNamespaces) {
  service_.userns_host = true;
  const Output out = run("cat /proc/self/uid_map | tr -s ' '; readlink /proc/self/ns/net; id -u");
  EXPECT_EQ(out.error, "");
  EXPECT_NE(out.text.find(" 0 0 4294967295"), std::string::npos) << out.text;
}

TEST_F(Container, MountsOnlyWithTheCapabilityForIt) {
  capabilities_ |= 1ULL << 21;
  const Output out =
      run("mount -t tmpfs x /mnt && echo mounted; umount /proc/interrupts; wc -c < /proc/interrupts;"
          "mount -o remount,rw,bind /usr || echo sealed");
  EXPECT_NE(out.text.find("mounted"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("\n0\n"), std::string::npos) << out.text;
  EXPECT_NE(out.text.find("sealed"), std::string::npos) << out.text;
}

TEST_F(Container, LeavesNoMountOnTheHost) {
  run("true");
  const std::string mounts = std::move(read_file("/proc/self/mounts")).value();
  EXPECT_EQ(mounts.find(run_ + "/web"), std::string::npos) << mounts;
}

}  // namespace
}  // namespace stack::engine
