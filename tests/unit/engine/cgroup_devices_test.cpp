#include "core/engine/cgroup_devices.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace stack::cgroup {
namespace {

// Runs a device program in userspace: just the instructions that the builder makes.
bool allows(const std::vector<bpf_insn>& program, const bpf_cgroup_dev_ctx& context) {
  std::array<std::uint32_t, 11> r{};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const bpf_insn& in = program[at];
    const auto value = static_cast<std::uint32_t>(in.imm);
    switch (in.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        if (in.off == offsetof(bpf_cgroup_dev_ctx, access_type)) r.at(in.dst_reg) = context.access_type;
        if (in.off == offsetof(bpf_cgroup_dev_ctx, major)) r.at(in.dst_reg) = context.major;
        if (in.off == offsetof(bpf_cgroup_dev_ctx, minor)) r.at(in.dst_reg) = context.minor;
        break;
      case BPF_ALU | BPF_MOV | BPF_X:
        r.at(in.dst_reg) = r.at(in.src_reg);
        break;
      case BPF_ALU | BPF_MOV | BPF_K:
        r.at(in.dst_reg) = value;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        r.at(in.dst_reg) &= value;
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        r.at(in.dst_reg) >>= value;
        break;
      case BPF_JMP | BPF_JNE | BPF_K:
        if (r.at(in.dst_reg) != value) at += static_cast<std::size_t>(in.off);
        break;
      case BPF_JMP | BPF_EXIT:
        return r[0] == 1;
      default:
        ADD_FAILURE() << "unexpected instruction " << int{in.code};
        return false;
    }
  }
  ADD_FAILURE() << "the program runs off its end";
  return false;
}

constexpr std::uint32_t kRead = BPF_DEVCG_ACC_READ;
constexpr std::uint32_t kWrite = BPF_DEVCG_ACC_WRITE;
constexpr std::uint32_t kMknod = BPF_DEVCG_ACC_MKNOD;

bool allows(const DevicePolicy& policy, char type, std::uint32_t access, std::uint32_t major,
            std::uint32_t minor) {
  const std::uint32_t kind = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
  return allows(device_program(policy), {kind | (access << 16), major, minor});
}

TEST(CgroupDevices, TheUsualOnesAreOpenForAll) {
  const std::pair<std::uint32_t, std::uint32_t> usual[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8},
                                                           {1, 9}, {5, 0}, {5, 2}, {136, 77}};
  for (const auto& [major, minor] : usual)
    EXPECT_TRUE(allows({}, 'c', kRead | kWrite, major, minor)) << minor;
}

TEST(CgroupDevices, OthersMayBeMadeButNotOpened) {
  EXPECT_TRUE(allows({}, 'b', kMknod, 8, 0));
  EXPECT_FALSE(allows({}, 'b', kMknod | kRead, 8, 0));
  EXPECT_FALSE(allows({}, 'b', kRead, 8, 0));
  EXPECT_FALSE(allows({}, 'c', kRead, 1, 1)) << "/dev/mem";
  EXPECT_FALSE(allows({}, 'c', kRead, 5, 1)) << "the host's console";
  EXPECT_FALSE(allows({}, 'b', kRead, 1, 3)) << "a block device with the numbers of null";
}

TEST(CgroupDevices, ARuleOfTheFileOpensItsOwnAccessOnly) {
  DevicePolicy policy;
  policy.allow.push_back({'c', 10, 229, "r"});
  EXPECT_TRUE(allows(policy, 'c', kRead, 10, 229));
  EXPECT_FALSE(allows(policy, 'c', kRead | kWrite, 10, 229));
  EXPECT_FALSE(allows(policy, 'c', kRead, 10, 228));
}

TEST(CgroupDevices, PrivilegedMayUseAll) {
  EXPECT_TRUE(allows({true, {}}, 'b', kRead | kWrite | kMknod, 8, 0));
  EXPECT_EQ(device_lines_v1({true, {}}), std::set<std::string>{"a *:* rwm"});
}

TEST(CgroupDevices, V1LinesReadAsTheKernelPrintsThem) {
  DevicePolicy policy;
  policy.allow.push_back({'a', 7, -1, "r"});
  const auto lines = device_lines_v1(policy);
  EXPECT_TRUE(lines.contains("c *:* m"));
  EXPECT_TRUE(lines.contains("c 136:* rwm"));
  EXPECT_TRUE(lines.contains("b 7:* r"));
  EXPECT_TRUE(lines.contains("c 7:* r"));
  EXPECT_EQ(lines.size(), 12U);
}

}  // namespace
}  // namespace stack::cgroup
