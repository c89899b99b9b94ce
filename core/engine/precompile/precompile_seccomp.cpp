// Runs in the build only: writes the standard seccomp program for the default capabilities to the file named.
#include <cstdio>
#include <fstream>

#include "core/engine/default_capabilities.h"
#include "core/engine/seccomp_compile.h"
#include "core/engine/seccomp_profile.h"

using namespace stack;

namespace {

Result<void> write_program(const std::string& path) {
  const std::string text(security::standard_seccomp_profile());
  const auto profile = TRY(security::read_seccomp_yaml(text, security::default_capabilities()));
  const auto program = TRY(security::compile_seccomp(profile));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(program.data()),
             static_cast<std::streamsize>(program.size() * sizeof(sock_filter)));
  file.close();
  if (!file) return os_error("write \"" + path + "\"");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto written = write_program(argv[1]);
  if (written) return 0;
  std::fprintf(stderr, "specs/profiles/default.yaml: %s\n", written.error().words.c_str());
  return 1;
}
