#include "core/engine/security.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "core/engine/seccomp_compile.h"
#include "core/engine/seccomp_profile.h"
#include "core/sys/unique_fd.h"

namespace stack::security {
namespace {

constexpr std::uint64_t bit(int capability) {
  return std::uint64_t{1} << capability;
}

ServiceSpec service_with(std::vector<std::string> add, std::vector<std::string> drop = {}) {
  ServiceSpec service;
  service.cap_add = std::move(add);
  service.cap_drop = std::move(drop);
  return service;
}

TEST(Capabilities, TheDefaultIsDockersFourteen) {
  EXPECT_EQ(capabilities({})->bounding, 0x00000000a80425fbU);
  EXPECT_EQ(capabilities({})->permitted, 0x00000000a80425fbU);
}

TEST(Capabilities, AddAndDropByName) {
  EXPECT_EQ(capabilities(service_with({"NET_ADMIN"}))->bounding, 0xa80425fbU | bit(CAP_NET_ADMIN));
  EXPECT_EQ(capabilities(service_with({}, {"NET_RAW"}))->bounding, 0xa80425fbU & ~bit(CAP_NET_RAW));
}

TEST(Capabilities, DroppingAllLeavesWhatIsAddedByName) {
  EXPECT_EQ(capabilities(service_with({}, {"ALL"}))->bounding, 0U);
  EXPECT_EQ(capabilities(service_with({"CHOWN"}, {"ALL"}))->bounding, bit(CAP_CHOWN));
}

TEST(Capabilities, AddingAllTakesWhatIsDroppedByName) {
  const auto held = capabilities(service_with({"ALL"}, {"SYS_ADMIN"}));
  EXPECT_EQ(held->bounding & bit(CAP_SYS_ADMIN), 0U);
  EXPECT_NE(held->bounding & bit(CAP_SYS_TIME), 0U);
}

TEST(Capabilities, PrivilegedHoldsAll) {
  ServiceSpec service;
  service.privileged = true;
  EXPECT_NE(capabilities(service)->bounding & bit(CAP_SYS_MODULE), 0U);
}

TEST(Capabilities, AnUnknownNameIsAFaultThatNamesTheNearest) {
  const auto held = capabilities(service_with({"NET_ADMN"}));
  ASSERT_FALSE(held.ok());
  EXPECT_EQ(held.error().words, "cap_add: unknown capability \"NET_ADMN\", did you mean \"NET_ADMIN\"?");
}

// The filter in userspace, for what a test process cannot try (32-bit and x32 calls).
std::uint32_t evaluate(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t a = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&data);
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& in = program[at];
    switch (in.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&a, bytes + in.k, sizeof a);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= in.k;
        break;
      case BPF_JMP | BPF_JA:
        at += in.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += a == in.k ? in.jt : in.jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        at += a > in.k ? in.jt : in.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += a >= in.k ? in.jt : in.jf;
        break;
      case BPF_RET | BPF_K:
        return in.k;
      default:
        ADD_FAILURE() << "unexpected instruction " << in.code;
        return 0;
    }
  }
  ADD_FAILURE() << "the program runs off its end";
  return 0;
}

std::uint32_t verdict(const SeccompProgram& program, int call, std::uint64_t argument = 0,
                      std::uint32_t architecture = AUDIT_ARCH_X86_64) {
  seccomp_data data{};
  data.nr = call;
  data.arch = architecture;
  data.args[0] = argument;
  return evaluate(*program, data);
}

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refusal(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

SeccompProgram standard(std::vector<std::string> add = {}) {
  const ServiceSpec service = service_with(std::move(add));
  const auto program = seccomp_program(service, *capabilities(service));
  EXPECT_TRUE(program.ok()) << program.error().words;
  return program.ok() ? *program : SeccompProgram();
}

TEST(Seccomp, WhatIsDangerousIsRefused) {
  const auto program = standard();
  for (const int call : {SYS_keyctl,
                         SYS_add_key,
                         SYS_request_key,
                         SYS_bpf,
                         SYS_mount,
                         SYS_umount2,
                         SYS_unshare,
                         SYS_setns,
                         SYS_userfaultfd,
                         SYS_io_uring_setup,
                         SYS_io_uring_enter,
                         SYS_io_uring_register,
                         SYS_kexec_load,
                         SYS_init_module,
                         SYS_finit_module,
                         SYS_open_by_handle_at,
                         SYS_perf_event_open,
                         SYS_pivot_root,
                         SYS_swapon,
                         SYS_reboot,
                         SYS_move_mount,
                         SYS_fsopen,
                         SYS_open_tree,
                         SYS_mount_setattr,
                         SYS_acct,
                         SYS_quotactl,
                         SYS_syslog,
                         SYS_iopl,
                         SYS_ioperm,
                         SYS_settimeofday,
                         SYS_clock_settime})
    EXPECT_EQ(verdict(program, call), refusal(EPERM)) << call;
}

TEST(Seccomp, OrdinaryProgramsRun) {
  const auto program = standard();
  for (const int call :
       {SYS_read, SYS_write, SYS_openat, SYS_execve, SYS_mmap, SYS_futex, SYS_epoll_pwait, SYS_accept4,
        SYS_setuid, SYS_chroot, SYS_ptrace, SYS_memfd_create, SYS_rseq, SYS_statx, SYS_arch_prctl})
    EXPECT_EQ(verdict(program, call), kAllow) << call;
}

TEST(Seccomp, NewProcessesButNoNewNamespaces) {
  const auto program = standard();
  EXPECT_EQ(verdict(program, SYS_clone, SIGCHLD), kAllow);
  for (const std::uint64_t flag :
       {CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP})
    EXPECT_EQ(verdict(program, SYS_clone, flag | SIGCHLD), refusal(EPERM)) << flag;
  EXPECT_EQ(verdict(program, SYS_clone3), refusal(ENOSYS));
}

TEST(Seccomp, CallsNewerThanTheProfileAreNotThere) {
  const auto program = standard();
  EXPECT_EQ(verdict(program, 900), refusal(ENOSYS));
  EXPECT_EQ(verdict(program, 900, 0, AUDIT_ARCH_I386), refusal(ENOSYS));
}

TEST(Seccomp, DecidesOnTheArchitectureFirst) {
  const auto program = standard();
  EXPECT_EQ(verdict(program, 21, 0, AUDIT_ARCH_I386), refusal(EPERM))
      << "mount of a 32-bit program; access in 64 bits";
  EXPECT_EQ(verdict(program, 3, 0, AUDIT_ARCH_I386), kAllow) << "read of a 32-bit program";
  EXPECT_EQ(verdict(program, 310, 0, AUDIT_ARCH_I386), refusal(EPERM))
      << "unshare; process_vm_readv in 64 bits";
  EXPECT_EQ(verdict(program, 120, CLONE_NEWUSER, AUDIT_ARCH_I386), refusal(EPERM)) << "clone";
  EXPECT_EQ(verdict(program, 0x40000000 | SYS_read), refusal(ENOSYS)) << "x32";
  EXPECT_EQ(verdict(program, 0x40000000 | SYS_mount), refusal(ENOSYS)) << "x32";
  EXPECT_EQ(verdict(program, SYS_read, 0, AUDIT_ARCH_AARCH64), refusal(ENOSYS));
}

TEST(Seccomp, SocketsOfEveryFamilyButTwo) {
  const auto program = standard();
  for (std::uint64_t family = 0; family <= 47; ++family) {
    const bool refused = family == AF_VSOCK || family == AF_ALG;
    EXPECT_EQ(verdict(program, SYS_socket, family), refused ? refusal(EPERM) : kAllow) << family;
    // The kernel reads an int: bits above it must not change the answer.
    EXPECT_EQ(verdict(program, SYS_socket, family | (std::uint64_t{1} << 32)),
              refused ? refusal(EPERM) : kAllow);
  }
}

TEST(Seccomp, OnlyHarmlessPersonalities) {
  const auto program = standard();
  for (const std::uint64_t allowed : {0x0UL, 0x8UL, 0x20000UL, 0x20008UL, 0xffffffffUL})
    EXPECT_EQ(verdict(program, SYS_personality, allowed), kAllow) << allowed;
  EXPECT_EQ(verdict(program, SYS_personality, ADDR_NO_RANDOMIZE), refusal(EPERM));
}

TEST(Seccomp, ACapabilityBringsItsCalls) {
  EXPECT_EQ(verdict(standard({"SYS_ADMIN"}), SYS_mount), kAllow);
  EXPECT_EQ(verdict(standard({"SYS_ADMIN"}), SYS_clone, CLONE_NEWNET), kAllow);
  EXPECT_EQ(verdict(standard({"SYS_ADMIN"}), SYS_clone3), kAllow);
  EXPECT_EQ(verdict(standard({"SYS_TIME"}), SYS_clock_settime), kAllow);
  EXPECT_EQ(verdict(standard({"SYS_TIME"}), SYS_mount), refusal(EPERM));
  EXPECT_EQ(verdict(standard({"SYS_PTRACE"}), SYS_pidfd_getfd), kAllow);
}

// Runs `body` in a child behind the standard filter, as a container's process is; true where it returned
// true.
bool behind_filter(const std::function<bool()>& body) {
  const auto program = standard();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const sock_fprog fprog{static_cast<unsigned short>(program->size()),
                           const_cast<sock_filter*>(program->data())};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(2);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) != 0) ::_exit(3);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool fails_with(long result, int error) {
  return result == -1 && errno == error;
}

TEST(Seccomp, TheKernelTakesTheFilterAndItBites) {
  EXPECT_TRUE(behind_filter([] { return fails_with(::syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM); }));
  EXPECT_TRUE(behind_filter([] { return fails_with(::syscall(SYS_mount, "", "", "", 0, 0), EPERM); }));
  EXPECT_TRUE(behind_filter([] { return fails_with(::unshare(CLONE_NEWUSER), EPERM); }));
  EXPECT_TRUE(behind_filter([] { return fails_with(::syscall(SYS_clone3, nullptr, 0), ENOSYS); }));
  EXPECT_TRUE(behind_filter([] { return fails_with(::socket(AF_ALG, SOCK_SEQPACKET, 0), EPERM); }));
  EXPECT_TRUE(behind_filter([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }));
  EXPECT_TRUE(behind_filter([] { return ::ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }));
  EXPECT_TRUE(behind_filter([] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    return child > 0 && ::waitpid(child, nullptr, 0) == child;
  }));
}

TEST(Seccomp, AlikeServicesShareOneProgram) {
  EXPECT_EQ(standard(), standard());
}

TEST(Seccomp, TheProgramOfTheBuildIsTheProfiles) {
  const auto profile = read_seccomp_yaml(std::string(standard_seccomp_profile()), capabilities({})->bounding);
  ASSERT_TRUE(profile.ok()) << profile.error().words;
  const auto fresh = compile_seccomp(*profile);
  ASSERT_TRUE(fresh.ok()) << fresh.error().words;
  const auto built = standard();
  const auto same = [](const sock_filter& a, const sock_filter& b) {
    return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
  };
  EXPECT_TRUE(std::equal(fresh->begin(), fresh->end(), built->begin(), built->end(), same));
}

TEST(Seccomp, UnconfinedAndPrivilegedHaveNoFilter) {
  ServiceSpec service;
  service.security.seccomp = SecurityOptions::Seccomp::unconfined;
  EXPECT_EQ(*seccomp_program(service, {}), nullptr);
  ServiceSpec privileged;
  privileged.privileged = true;
  EXPECT_EQ(*seccomp_program(privileged, {}), nullptr);
}

class ProfileFile : public ::testing::Test {
 protected:
  void SetUp() override { path_ = (std::filesystem::temp_directory_path() / "stack-profile-test").string(); }
  void TearDown() override { std::filesystem::remove(path_); }
  Result<SeccompProgram> program_of(const std::string& text, std::uint64_t held = 0) const {
    std::ofstream(path_) << text;
    ServiceSpec service;
    service.security.seccomp = SecurityOptions::Seccomp::file;
    service.security.seccomp_file = path_;
    return seccomp_program(service, {held, held});
  }
  std::string path_;
};

constexpr const char* kJson = R"({
  "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
  "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
  "syscalls": [
    {"names": ["read", "a_call_of_tomorrow"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
    {"names": ["swapon"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.0"}},
    {"names": ["swapoff"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
    {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]},
    {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
     "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
     "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}
  ]})";

TEST_F(ProfileFile, DockersFormatIsRead) {
  const auto program = program_of(kJson);
  ASSERT_TRUE(program.ok()) << program.error().words;
  EXPECT_EQ(verdict(*program, SYS_read), kAllow);
  EXPECT_EQ(verdict(*program, SYS_write), refusal(EPERM));
  EXPECT_EQ(verdict(*program, SYS_mount), refusal(EPERM));
  EXPECT_EQ(verdict(*program, SYS_clone3), refusal(ENOSYS));
  EXPECT_EQ(verdict(*program, SYS_ptrace), kAllow);
  EXPECT_EQ(verdict(*program, SYS_swapon), refusal(EPERM));
  EXPECT_EQ(verdict(*program, SYS_swapoff), refusal(EPERM));
  EXPECT_EQ(verdict(*program, SYS_socket, AF_INET), kAllow);
  EXPECT_EQ(verdict(*program, SYS_socket, AF_VSOCK), refusal(EPERM));
  EXPECT_EQ(verdict(*program, SYS_clone, CLONE_NEWUSER), refusal(EPERM));
  EXPECT_EQ(verdict(*program, SYS_clone, SIGCHLD), kAllow);
  EXPECT_EQ(verdict(*program, SYS_personality, 8), kAllow) << "two tests of one argument are alternatives";
  EXPECT_EQ(verdict(*program, SYS_personality, 9), refusal(EPERM));
  EXPECT_EQ(verdict(*program_of(kJson, bit(CAP_SYS_ADMIN)), SYS_mount), kAllow);
}

TEST_F(ProfileFile, AListOfWhatIsForbiddenLetsTheRestThrough) {
  const auto program = program_of("otherwise: allow\ngroups: [{calls: [mkdir], action: EACCES}]\n");
  ASSERT_TRUE(program.ok()) << program.error().words;
  EXPECT_EQ(verdict(*program, SYS_mkdir), refusal(EACCES));
  EXPECT_EQ(verdict(*program, SYS_mount), kAllow);
  EXPECT_EQ(verdict(*program, 900), kAllow);
}

TEST_F(ProfileFile, FaultsNameTheFileAndThePlace) {
  const auto typo = program_of("otherwise: EPERM\ngroups:\n  - {cals: [read]}\n");
  ASSERT_FALSE(typo.ok());
  EXPECT_EQ(typo.error().words, "seccomp profile \"" + path_ + "\": line 3: unknown key \"cals\"");
  EXPECT_FALSE(program_of("otherwise: EPERM\ngroups: [{calls: [raed]}]\n").ok());
  EXPECT_FALSE(program_of("otherwise: ENONSENSE\n").ok());
  EXPECT_FALSE(program_of("{\"defaultAction\": 7}").ok());
  EXPECT_FALSE(program_of("{").ok());
  EXPECT_FALSE(program_of("").ok());
}

TEST(Labels, AreEmptyWhereSelinuxIsOff) {
  const auto labels = security::labels({}, mcs_pair(0));
  ASSERT_TRUE(labels.ok());
  if (std::filesystem::exists("/sys/fs/selinux/enforce")) return;  // then SelinuxLabels say what they are
  EXPECT_EQ(labels->process, "");
  EXPECT_EQ(labels->mount, "");
}

// Run by tests/vm in a guest with SELinux and a policy that has container_t.
TEST(SelinuxLabels, ComeFromLxcContextsWithThePairOfTheGroup) {
  if (!std::filesystem::exists("/sys/fs/selinux/enforce")) GTEST_SKIP() << "SELinux is off; see tests/vm";
  ServiceSpec service;
  const auto own = labels(service, "c1,c2");
  ASSERT_TRUE(own.ok()) << own.error().words;
  EXPECT_EQ(own->process, "system_u:system_r:container_t:s0:c1,c2");
  EXPECT_EQ(own->mount, "system_u:object_r:container_file_t:s0:c1,c2");
  service.security.label_level = "s0:c7,c9";
  EXPECT_EQ(labels(service, "c1,c2")->process, "system_u:system_r:container_t:s0:c7,c9");
  service.security.label_type = "no_such_type_t";
  EXPECT_FALSE(labels(service, "c1,c2").ok());
  service.security.label_disable = true;
  EXPECT_EQ(labels(service, "c1,c2")->process, "");
}

// Runs cat with a process label, as launch does: written to attr/exec, in force from the exec on.
bool can_read(const std::string& label, const std::string& path) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::ofstream("/proc/self/attr/exec") << label << std::flush;
    ::execl("/bin/cat", "cat", path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_NE(WEXITSTATUS(status), 127) << "cat did not start as " << label;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(SelinuxLabels, KeepAGroupFromTheFilesOfAnother) {
  if (!std::filesystem::exists("/sys/fs/selinux/enforce")) GTEST_SKIP() << "SELinux is off; see tests/vm";
  const auto one = labels({}, mcs_pair(1));
  const auto other = labels({}, mcs_pair(2));
  ASSERT_TRUE(one.ok() && other.ok());
  const std::string folder = "/tmp/labelled";
  std::filesystem::create_directory(folder);
  const std::string options = "context=\"" + one->mount + "\"";
  ASSERT_EQ(::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()), 0) << std::strerror(errno);
  std::ofstream(folder + "/secret") << "of group one\n";
  EXPECT_TRUE(can_read(one->process, folder + "/secret"));
  EXPECT_FALSE(can_read(other->process, folder + "/secret"));
  ::umount2(folder.c_str(), MNT_DETACH);
  std::filesystem::remove(folder);
}

TEST(Labels, ForAllHaveNoCategories) {
  EXPECT_EQ(shared_label({"", "system_u:object_r:container_file_t:s0:c1,c2"}),
            "system_u:object_r:container_file_t:s0");
  EXPECT_EQ(shared_label({"", "system_u:object_r:container_file_t:s0"}),
            "system_u:object_r:container_file_t:s0");
}

std::string label_of(const std::string& path) {
  char value[256] = {};
  return ::getxattr(path.c_str(), "security.selinux", value, sizeof value - 1) > 0 ? value : "";
}

TEST(SelinuxLabels, AreSetOnAVolumeAndFollowNoLinkOutOfIt) {
  if (!std::filesystem::exists("/sys/fs/selinux/enforce")) GTEST_SKIP() << "SELinux is off; see tests/vm";
  const auto one = labels({}, mcs_pair(1));
  const auto other = labels({}, mcs_pair(2));
  ASSERT_TRUE(one.ok() && other.ok());
  const std::string folder = "/tmp/volume";
  std::filesystem::create_directories(folder);
  ASSERT_EQ(::mount("tmpfs", folder.c_str(), "tmpfs", 0, ""), 0) << std::strerror(errno);
  std::filesystem::create_directory(folder + "/deep");
  std::ofstream(folder + "/deep/file") << "words\n";
  std::ofstream("/tmp/outside") << "words\n";
  ASSERT_EQ(::symlink("/tmp/outside", (folder + "/deep/link").c_str()), 0);
  const stack::UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY));
  const std::string before = label_of("/tmp/outside");
  ASSERT_TRUE(relabel(fd.get(), other->mount, "volume").ok());
  EXPECT_FALSE(can_read(one->process, folder + "/deep/file"));
  ASSERT_TRUE(relabel(fd.get(), one->mount, "volume").ok());
  EXPECT_TRUE(can_read(one->process, folder + "/deep/file"));
  EXPECT_FALSE(can_read(other->process, folder + "/deep/file"));
  EXPECT_EQ(label_of("/tmp/outside"), before);
  ASSERT_TRUE(relabel(fd.get(), shared_label(*one), "volume").ok());
  EXPECT_TRUE(can_read(other->process, folder + "/deep/file"));
  ::umount2(folder.c_str(), MNT_DETACH);
}

TEST(Labels, EachGroupHasACategoryPairOfItsOwn) {
  constexpr std::uint32_t kPairs = 1024 * 1023 / 2;
  EXPECT_EQ(mcs_pair(0), "c0,c1");
  EXPECT_EQ(mcs_pair(1022), "c0,c1023");
  EXPECT_EQ(mcs_pair(1023), "c1,c2");
  EXPECT_EQ(mcs_pair(kPairs - 1), "c1022,c1023");
  std::set<std::string> seen;
  for (std::uint32_t n = 0; n < kPairs; n += 7) seen.insert(mcs_pair(n));
  EXPECT_EQ(seen.size(), (kPairs + 6) / 7);
}

}  // namespace
}  // namespace stack::security
