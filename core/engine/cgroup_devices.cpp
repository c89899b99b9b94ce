#include "core/engine/cgroup_devices.h"

#include <cstddef>
#include <cstdint>

namespace stack::cgroup {
namespace {

// The three fields of bpf_cgroup_dev_ctx, kept in registers that no helper call clobbers: the program calls
// none.
constexpr std::uint8_t kContext = BPF_REG_1;
constexpr std::uint8_t kType = BPF_REG_2;
constexpr std::uint8_t kAccess = BPF_REG_3;
constexpr std::uint8_t kMajor = BPF_REG_4;
constexpr std::uint8_t kMinor = BPF_REG_5;
constexpr std::uint8_t kScratch = BPF_REG_6;

bpf_insn instruction(int code, std::uint8_t to, std::uint8_t from, std::int16_t offset, std::int32_t value) {
  bpf_insn insn{};
  insn.code = static_cast<std::uint8_t>(code);
  insn.dst_reg = to & 0xf;
  insn.src_reg = from & 0xf;
  insn.off = offset;
  insn.imm = value;
  return insn;
}

bpf_insn load_word(std::uint8_t to, std::size_t field) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, kContext, static_cast<std::int16_t>(field), 0);
}
bpf_insn move(std::uint8_t to, std::uint8_t from) {
  return instruction(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0);
}
bpf_insn set(std::uint8_t to, std::int32_t value) {
  return instruction(BPF_ALU | BPF_MOV | BPF_K, to, 0, 0, value);
}
bpf_insn mask(std::uint8_t to, std::int32_t bits) {
  return instruction(BPF_ALU | BPF_AND | BPF_K, to, 0, 0, bits);
}
bpf_insn shift_right(std::uint8_t to, std::int32_t bits) {
  return instruction(BPF_ALU | BPF_RSH | BPF_K, to, 0, 0, bits);
}
bpf_insn skip_unless_equal(std::uint8_t to, std::int32_t value) {
  return instruction(BPF_JMP | BPF_JNE | BPF_K, to, 0, 0, value);
}
bpf_insn leave() {
  return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

std::int32_t access_bits(const std::string& access) {
  std::int32_t bits = 0;
  for (const char letter : access) {
    if (letter == 'r') bits |= BPF_DEVCG_ACC_READ;
    if (letter == 'w') bits |= BPF_DEVCG_ACC_WRITE;
    if (letter == 'm') bits |= BPF_DEVCG_ACC_MKNOD;
  }
  return bits;
}

// One rule: each condition that fails jumps over the rest of the block.
std::vector<bpf_insn> block_of(const DeviceRule& rule) {
  constexpr std::int32_t kAll = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
  std::vector<bpf_insn> block;
  if (rule.type != 'a')
    block.push_back(skip_unless_equal(kType, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR));
  if (const std::int32_t bits = access_bits(rule.access); bits != kAll) {
    block.push_back(move(kScratch, kAccess));
    block.push_back(mask(kScratch, kAll & ~bits));
    block.push_back(skip_unless_equal(kScratch, 0));
  }
  if (rule.major >= 0) block.push_back(skip_unless_equal(kMajor, static_cast<std::int32_t>(rule.major)));
  if (rule.minor >= 0) block.push_back(skip_unless_equal(kMinor, static_cast<std::int32_t>(rule.minor)));
  block.push_back(set(BPF_REG_0, 1));
  block.push_back(leave());
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (block[i].code == (BPF_JMP | BPF_JNE | BPF_K))
      block[i].off = static_cast<std::int16_t>(block.size() - i - 1);
  }
  return block;
}

bool covers_everything(const DeviceRule& rule) {
  return rule.type == 'a' && rule.major < 0 && rule.minor < 0 &&
         access_bits(rule.access) == access_bits("rwm");
}

std::string number_or_star(std::int64_t number) {
  return number < 0 ? "*" : std::to_string(number);
}

}  // namespace

std::vector<DeviceRule> device_rules(const DevicePolicy& policy) {
  if (policy.allow_all) return {{'a', -1, -1, "rwm"}};
  std::vector<DeviceRule> rules = {
      {'c', -1, -1, "m"},    {'b', -1, -1, "m"}, {'c', 1, 3, "rwm"},  // null
      {'c', 1, 5, "rwm"},                                             // zero
      {'c', 1, 7, "rwm"},                                             // full
      {'c', 1, 8, "rwm"},                                             // random
      {'c', 1, 9, "rwm"},                                             // urandom
      {'c', 5, 0, "rwm"},                                             // tty
      {'c', 5, 2, "rwm"},                                             // ptmx
      {'c', 136, -1, "rwm"},                                          // pts/*
  };
  rules.insert(rules.end(), policy.allow.begin(), policy.allow.end());
  return rules;
}

std::set<std::string> device_lines_v1(const DevicePolicy& policy) {
  std::set<std::string> lines;
  for (const DeviceRule& rule : device_rules(policy)) {
    if (covers_everything(rule)) return {"a *:* rwm"};
    const std::string numbers = number_or_star(rule.major) + ":" + number_or_star(rule.minor);
    // v1 takes 'a' as "everything" whatever follows it, so a narrower rule for both kinds is written as two.
    for (const char type : rule.type == 'a' ? std::string("bc") : std::string(1, rule.type))
      lines.insert(std::string(1, type) + " " + numbers + " " + rule.access);
  }
  return lines;
}

std::vector<bpf_insn> device_program(const DevicePolicy& policy) {
  // access_type holds the kind of device in its low half and the kind of access in its high half.
  std::vector<bpf_insn> program = {
      load_word(kType, offsetof(bpf_cgroup_dev_ctx, access_type)),
      move(kAccess, kType),
      mask(kType, 0xffff),
      shift_right(kAccess, 16),
      load_word(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
      load_word(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (const DeviceRule& rule : device_rules(policy)) {
    const auto block = block_of(rule);
    program.insert(program.end(), block.begin(), block.end());
    // The verifier refuses code that cannot be reached.
    if (covers_everything(rule)) return program;
  }
  program.push_back(set(BPF_REG_0, 0));
  program.push_back(leave());
  return program;
}

}  // namespace stack::cgroup
