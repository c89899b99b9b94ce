#include "core/sys/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "core/sys/syscalls.h"
#include "core/sys/unique_fd.h"
#include "specs/text.h"

namespace stack {
namespace {

struct SpawnSettings {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};

  SpawnSettings() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
};

void set_signals(posix_spawnattr_t& attributes, SpawnSession session) {
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (session == SpawnSession::its_own) flags |= POSIX_SPAWN_SETSID;
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
}

std::vector<std::string> bare_environment() {
  std::vector<std::string> kept;
  for (const char* name : {"PATH", "STACK_PROGRAM", "STACK_KEEPER"})
    if (const char* value = ::getenv(name)) kept.push_back(std::string(name) + "=" + value);
  return kept;
}

// As execve(2) takes them; the strings must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<pid_t> spawn(const std::string& program, std::vector<std::string> argv,
                    const std::vector<int>& descriptors, SpawnSession session, SpawnEnvironment environment) {
  SpawnSettings settings;
  const int count = static_cast<int>(descriptors.size());
  // Out of the way first: one may be another's place.
  std::vector<UniqueFd> sources;
  for (int number = 0; number < count; ++number) {
    sources.emplace_back(::fcntl(descriptors[static_cast<std::size_t>(number)], F_DUPFD_CLOEXEC, count));
    if (!sources.back()) return os_error("duplicate a descriptor for \"" + program + "\"");
    ::posix_spawn_file_actions_adddup2(&settings.files, sources.back().get(), number);
  }
  ::posix_spawn_file_actions_addclosefrom_np(&settings.files, count);
  set_signals(settings.attributes, session);
  std::vector<std::string> kept = bare_environment();
  char** variables = environment == SpawnEnvironment::ours ? ::environ : nullptr;
  const std::vector<char*> bare = pointers_to(kept);
  if (variables == nullptr) variables = const_cast<char**>(bare.data());  // posix_spawn(3) only reads it
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &settings.files, &settings.attributes,
                                  pointers_to(argv).data(), variables);
  if (error != 0) return os_error("start \"" + program + "\"", error);
  return pid;
}

Result<int> exit_code_of(pid_t pid, const std::string& program) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return os_error("wait for \"" + program + "\"");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<Child> Child::start(const std::string& program, std::vector<std::string> argv,
                           const std::vector<int>& descriptors, SpawnSession session) {
  Child child(TRY(spawn(program, std::move(argv), descriptors, session)), program, session);
  child.pidfd_.reset(pidfd_open(child.pid_));
  if (!child.pidfd_) return os_error("watch \"" + program + "\"");
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      program_(std::move(other.program_)),
      session_(other.session_),
      pidfd_(std::move(other.pidfd_)) {}

Child::~Child() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  static_cast<void>(end());
}

void Child::signal(int number) const {
  ::kill(session_ == SpawnSession::its_own ? -pid_ : pid_, number);
}

Result<int> Child::end() {
  // While the child is not reaped, the number is its group's own.
  if (session_ == SpawnSession::its_own) signal(SIGKILL);
  return exit_code_of(std::exchange(pid_, -1), program_);
}

std::string find_program(const std::string& name, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    std::string path = folder + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

std::vector<std::string> search_path() {
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders = split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':');
  std::erase_if(folders, [](const std::string& folder) { return !folder.starts_with('/'); });
  return folders;
}

}  // namespace stack
