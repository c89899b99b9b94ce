// A seccomp profile as plain data: what is left of our YAML or of Docker's JSON once the conditions on
// capabilities, architecture and kernel have been decided for one container on this host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

namespace stack::security {

struct Verdict {
  enum class Kind { allow, refuse, log, trap, kill_thread, kill_process };
  Kind kind = Kind::refuse;
  std::uint16_t error = 1;  // refuse: the errno
  bool operator==(const Verdict&) const = default;
};

struct ArgumentTest {
  enum class Op { equal, not_equal, less, less_equal, greater, greater_equal, masked_equal };
  unsigned index = 0;
  Op op = Op::equal;
  std::uint64_t value = 0;
  std::uint64_t mask = 0;  // masked_equal only
};

struct SeccompRule {
  std::vector<std::string> calls;
  Verdict verdict;
  std::vector<ArgumentTest> tests;  // all must hold
};

struct SeccompProfile {
  Verdict otherwise;
  std::vector<std::string> architectures;  // beside the native one, as libseccomp calls them: "x86"
  std::vector<SeccompRule> rules;
  bool names_may_be_unknown = false;  // Docker's profile names calls newer than our libseccomp
};

// `held` are the capabilities of the container's bounding set.
Result<SeccompProfile> read_seccomp_yaml(const std::string& text, std::uint64_t held);
Result<SeccompProfile> read_seccomp_json(const std::string& text, std::uint64_t held);

// specs/profiles/default.yaml, part of the binary.
std::string_view standard_seccomp_profile();

// What both readers ask; in seccomp_words.cpp.
Result<std::uint16_t> errno_by_name(const std::string& name);                // "EPERM"
Result<bool> holds_capability(const std::string& name, std::uint64_t held);  // with or without "CAP_"
std::string native_architecture();                                           // "x86_64"

}  // namespace stack::security
