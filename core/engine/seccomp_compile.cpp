#include "core/engine/seccomp_compile.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "core/sys/unique_fd.h"

namespace stack::security {
namespace {

struct ContextCloser {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ContextCloser>;

std::uint32_t action_of(const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::allow:
      return SCMP_ACT_ALLOW;
    case Verdict::Kind::refuse:
      return SCMP_ACT_ERRNO(verdict.error);
    case Verdict::Kind::log:
      return SCMP_ACT_LOG;
    case Verdict::Kind::trap:
      return SCMP_ACT_TRAP;
    case Verdict::Kind::kill_thread:
      return SCMP_ACT_KILL_THREAD;
    case Verdict::Kind::kill_process:
      return SCMP_ACT_KILL_PROCESS;
  }
  return SCMP_ACT_KILL_PROCESS;
}

scmp_arg_cmp comparison_of(const ArgumentTest& test) {
  const auto make = [&](scmp_compare op) { return scmp_arg_cmp{test.index, op, test.value, 0}; };
  switch (test.op) {
    case ArgumentTest::Op::equal:
      return make(SCMP_CMP_EQ);
    case ArgumentTest::Op::not_equal:
      return make(SCMP_CMP_NE);
    case ArgumentTest::Op::less:
      return make(SCMP_CMP_LT);
    case ArgumentTest::Op::less_equal:
      return make(SCMP_CMP_LE);
    case ArgumentTest::Op::greater:
      return make(SCMP_CMP_GT);
    case ArgumentTest::Op::greater_equal:
      return make(SCMP_CMP_GE);
    case ArgumentTest::Op::masked_equal:
      return {test.index, SCMP_CMP_MASKED_EQ, test.mask, test.value};
  }
  return make(SCMP_CMP_EQ);
}

// libseccomp returns a negative errno.
Error seccomp_error(const std::string& what, int code) {
  return os_error(what, -code);
}

Result<void> add_rule(void* context, const SeccompRule& rule, const SeccompProfile& profile) {
  std::vector<scmp_arg_cmp> tests;
  for (const ArgumentTest& test : rule.tests) tests.push_back(comparison_of(test));
  for (const std::string& call : rule.calls) {
    const int number = ::seccomp_syscall_resolve_name(call.c_str());
    if (number == __NR_SCMP_ERROR) {
      if (profile.names_may_be_unknown) continue;
      return fault("unknown system call \"" + call + "\"");
    }
    const int code = ::seccomp_rule_add_array(context, action_of(rule.verdict), number,
                                              static_cast<unsigned>(tests.size()), tests.data());
    // EEXIST: an earlier rule says the same. EDOM, EINVAL: a call that one of the architectures does not
    // have.
    if (code != 0 && code != -EEXIST && code != -EDOM)
      return seccomp_error("add seccomp rule for \"" + call + "\"", code);
  }
  return {};
}

Result<void> add_architectures(void* context, const SeccompProfile& profile) {
  for (const std::string& name : profile.architectures) {
    const std::uint32_t architecture = ::seccomp_arch_resolve_name(name.c_str());
    if (architecture == 0) return fault("unknown architecture \"" + name + "\"");
    const int code = ::seccomp_arch_add(context, architecture);
    if (code != 0 && code != -EEXIST) return seccomp_error("add seccomp architecture \"" + name + "\"", code);
  }
  return {};
}

// The highest number libseccomp has a name for, by asking from above.
std::uint32_t last_known_call(std::uint32_t architecture) {
  constexpr int kAboveAll = 600;
  for (int number = kAboveAll; number > 0; --number) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        ::seccomp_syscall_resolve_num_arch(architecture, number), &std::free);
    if (name) return static_cast<std::uint32_t>(number);
  }
  return 0;
}

// Calls that are newer than the profile can know fail with ENOSYS, so that libraries fall back; a refusal
// with EPERM has broken programs at each new C library (faccessat2, clone3). The x32 calls have numbers above
// these too.
std::vector<sock_filter> newer_calls_prologue(const std::vector<std::uint32_t>& architectures) {
  const auto statement = [](unsigned code, std::uint32_t k) {
    return sock_filter{static_cast<std::uint16_t>(code), 0, 0, k};
  };
  const auto jump = [](unsigned code, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
    return sock_filter{static_cast<std::uint16_t>(code), yes, no, k};
  };
  std::vector<sock_filter> prologue;
  for (const std::uint32_t architecture : architectures) {
    prologue.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
    prologue.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, architecture, 0, 3));
    prologue.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    prologue.push_back(jump(BPF_JMP | BPF_JGT | BPF_K, last_known_call(architecture), 0, 1));
    prologue.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  }
  return prologue;
}

Result<std::vector<sock_filter>> exported(void* context) {
  const UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!file) return os_error("make memory file for the seccomp program");
  if (const int code = ::seccomp_export_bpf(context, file.get()); code != 0)
    return seccomp_error("export seccomp program", code);
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  if (size <= 0) return os_error("measure seccomp program");
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  const std::size_t bytes = program.size() * sizeof(sock_filter);
  if (::pread(file.get(), program.data(), bytes, 0) != static_cast<ssize_t>(bytes))
    return os_error("read seccomp program");
  return program;
}

}  // namespace

Result<std::vector<sock_filter>> compile_seccomp(const SeccompProfile& profile) {
  const Context context(::seccomp_init(action_of(profile.otherwise)));
  if (!context) return fault("set up seccomp: no memory, or an action this kernel does not know");
  TRY(add_architectures(context.get(), profile));
  // Without this, a call of an architecture that the profile does not name kills the thread: the kernel of
  // such a host would have answered ENOSYS.
  ::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  ::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE,
                     2);  // a binary tree instead of 350 comparisons in a row
  for (const SeccompRule& rule : profile.rules) {
    if (rule.verdict == profile.otherwise) continue;  // libseccomp refuses rules that say what is said anyway
    TRY(add_rule(context.get(), rule, profile));
  }
  const auto main = TRY(exported(context.get()));
  if (profile.otherwise.kind != Verdict::Kind::refuse) return main;

  std::vector<std::uint32_t> architectures = {::seccomp_arch_native()};
  for (const std::string& name : profile.architectures) {
    // x32 has no architecture of its own in seccomp_data: it is told by a bit of the call's number.
    const std::uint32_t architecture = ::seccomp_arch_resolve_name(name.c_str());
    if (architecture == SCMP_ARCH_X32) return main;
    architectures.push_back(architecture);
  }
  std::vector<sock_filter> program = newer_calls_prologue(architectures);
  program.insert(program.end(), main.begin(), main.end());
  return program;
}

}  // namespace stack::security
