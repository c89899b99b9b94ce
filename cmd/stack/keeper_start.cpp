#include "cmd/stack/keeper_start.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "core/control/client.h"
#include "core/control/paths.h"
#include "core/sys/unique_fd.h"

namespace stack::cmd {
namespace {

constexpr int kAnotherHoldsTheLock = 3;  // exit code of stack-keeper
constexpr int kTries = 100;  // of a stack that is just ending, or whose keeper is just being started
constexpr int kPauseMs = 50;

Result<std::string> own_program() {
  char path[4096];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n < 0) return os_error("read \"/proc/self/exe\"");
  return std::string(path, static_cast<std::size_t>(n));
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

// Beside this program (a build), where `install` puts it, or on the PATH.
Result<std::string> find_keeper(const std::string& self) {
  std::vector<std::string> folders{folder_of(self), folder_of(folder_of(self)) + "/libexec/stack"};
  const char* path = std::getenv("PATH");
  const std::string listed = path == nullptr ? "" : path;
  for (std::size_t begin = 0; begin < listed.size();) {
    const std::size_t end = std::min(listed.find(':', begin), listed.size());
    if (end > begin && listed[begin] == '/') folders.push_back(listed.substr(begin, end - begin));
    begin = end + 1;
  }
  for (const std::string& folder : folders) {
    const std::string program = folder + "/stack-keeper";
    if (::access(program.c_str(), X_OK) == 0) return program;
  }
  return fault("find \"stack-keeper\": it is neither beside \"" + self +
               "\" nor in ../libexec/stack nor on the PATH");
}

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
Result<pid_t> spawn(const std::string& program, const std::string& project, const std::string& self,
                    int words) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, words, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  std::vector<std::string> words_of_it{"stack-keeper", project, self};
  std::vector<char*> argv;
  for (std::string& word : words_of_it) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &files, &attributes, argv.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return os_error("start \"" + program + "\"", error);
  return pid;
}

Result<int> run_keeper(const std::string& program, const std::string& project, const std::string& self) {
  const UniqueFd words(::memfd_create("keeper-words", MFD_CLOEXEC));
  if (!words) return os_error("make a memfd");
  const pid_t pid = TRY(spawn(program, project, self, words.get()));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return os_error("wait for \"" + program + "\"");
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code == 0 || code == kAnotherHoldsTheLock) return code;
  const std::string said = text_of(words.get());
  return fault("start the keeper of \"" + project +
               "\": " + (said.empty() ? "exit " + std::to_string(code) : said));
}

bool listens(const std::string& project) {
  return control::Client::connect(Paths(project).control_socket()).ok();
}

}  // namespace

Result<void> start_keeper(const std::string& project) {
  const std::string self = TRY(own_program());
  const std::string program = TRY(find_keeper(self));
  for (int i = 0; i < kTries; ++i) {
    const int code = TRY(run_keeper(program, project, self));
    if (code == 0 || listens(project)) return {};
    ::poll(nullptr, 0, kPauseMs);  // the lock's holder is either about to listen or about to end
  }
  return fault("start the keeper of \"" + project + "\": another one holds its lock and does not answer");
}

}  // namespace stack::cmd
