#include "cmd/stack/keeper_start.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/control/client.h"
#include "core/control/paths.h"
#include "core/keeper/programs.h"
#include "core/keeper/protocol.h"
#include "core/sys/files.h"
#include "core/sys/spawn.h"

namespace stack::cmd {
namespace {

constexpr int kTries = 100;  // of a stack that is just ending, or whose keeper is just being started
constexpr int kPauseMs = 50;

std::string text_of(int fd) {
  char text[4096];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  std::string words(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words;
}

// The keeper outlives us: it gets none of our descriptors (a pipe of the caller's would never see its end)
// and none of our signal settings. What it has to say before it has gone into the background goes into a
// memfd.
Result<int> run_keeper(const std::string& program, const std::string& project, const std::string& self) {
  const UniqueFd words(::memfd_create("keeper-words", MFD_CLOEXEC));
  if (!words) return os_error("make a memfd");
  const UniqueFd null = TRY(open_fd("/dev/null", O_RDWR));
  const pid_t pid = TRY(spawn(program, {"stack-keeper", project, self}, {null.get(), null.get(), words.get()},
                              SpawnSession::its_own, SpawnEnvironment::bare));
  const int code = TRY(exit_code_of(pid, program));
  if (code == 0 || code == keeper::kAnotherHoldsTheLock) return code;
  const std::string said = text_of(words.get());
  return fault("start the keeper of \"" + project +
               "\": " + (said.empty() ? "exit " + std::to_string(code) : said));
}

bool listens(const std::string& project) {
  return control::Client::connect(Paths(project).control_socket()).ok();
}

}  // namespace

Result<void> start_keeper(const std::string& project) {
  const std::string self = TRY(keeper::own_program());
  const std::string program = TRY(keeper::keeper_program());
  for (int i = 0; i < kTries; ++i) {
    const int code = TRY(run_keeper(program, project, self));
    if (code == 0 || listens(project)) return {};
    ::poll(nullptr, 0, kPauseMs);  // the lock's holder is either about to listen or about to end
  }
  return fault("start the keeper of \"" + project + "\": another one holds its lock and does not answer");
}

}  // namespace stack::cmd
