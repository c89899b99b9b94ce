#include <functional>
#include <map>
#include <tuple>

#include "core/engine/default_capabilities.h"
#include "core/engine/seccomp_compile.h"
#include "core/engine/seccomp_profile.h"
#include "core/engine/security.h"
#include "core/sys/files.h"

namespace stack::security {
namespace {

// The profile's text by hash and length, and the capabilities that decide its conditions.
using CacheKey = std::tuple<std::size_t, std::size_t, std::uint64_t>;

std::map<CacheKey, SeccompProgram>& cache() {
  static std::map<CacheKey, SeccompProgram> programs;
  return programs;
}

Result<SeccompProgram> compiled(std::string_view text, std::uint64_t held) {
  const CacheKey key{std::hash<std::string_view>()(text), text.size(), held};
  SeccompProgram& program = cache()[key];
  if (program) return program;
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  const SeccompProfile profile =
      TRY(is_json ? read_seccomp_json(std::string(text), held) : read_seccomp_yaml(std::string(text), held));
  program = std::make_shared<const std::vector<sock_filter>>(TRY(compile_seccomp(profile)));
  return program;
}

// Nearly every container has the standard profile and capabilities: their program was compiled with our own,
// which saves each `up` some ten milliseconds, and the reconciler the memory that yaml-cpp and libseccomp
// would touch.
const SeccompProgram& precompiled() {
  static const auto program = std::make_shared<const std::vector<sock_filter>>(precompiled_seccomp_begin(),
                                                                               precompiled_seccomp_end());
  return program;
}

}  // namespace

Result<SeccompProgram> seccomp_program(const ServiceSpec& service, const Capabilities& held) {
  const SecurityOptions& options = service.security;
  if (options.seccomp == SecurityOptions::Seccomp::unconfined) return SeccompProgram();
  if (options.seccomp == SecurityOptions::Seccomp::file) {
    const std::string text = TRY(read_file(options.seccomp_file));
    return compiled(text, held.bounding).with("seccomp profile \"" + options.seccomp_file + "\"");
  }
  // As in Docker: who is trusted with every capability and device is not kept from system calls.
  if (service.privileged) return SeccompProgram();
  if (held.bounding == default_capabilities()) return precompiled();
  return compiled(standard_seccomp_profile(), held.bounding);
}

}  // namespace stack::security
