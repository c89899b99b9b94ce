#include "cmd/keeper/daemon.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "cmd/keeper/words.h"

namespace stack::keeper::daemon {
namespace {

constexpr int kPatientTries = 200;
constexpr timespec kPause{0, 10'000'000};
constexpr off_t kMostWords = 1 << 20;

bool owns_words = false;

bool is_project_name(const char* name) {
  if (*name == '\0' || *name == '-' || *name == '_' || ::strlen(name) > 63) return false;
  for (; *name != '\0'; ++name) {
    const bool good =
        (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '-' || *name == '_';
    if (!good) return false;
  }
  return true;
}

bool open_folder(Home& home) {
  constexpr const char* kParents[] = {"/run", "/run/stack"};
  for (const char* parent : kParents)
    if (::mkdir(parent, 0755) != 0 && errno != EEXIST) return false;
  if (::mkdir(home.folder, 0700) != 0 && errno != EEXIST) return false;
  home.dir = ::open(home.folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return home.dir >= 0 && ::fchmod(home.dir, 0700) == 0;
}

// The keeper of a stack that has just ended removed the folder under us: what we locked is no longer at its
// path.
bool is_at_its_path(const Home& home) {
  Words<128> path;
  path << home.folder << "/keeper.lock";
  struct stat held {};
  struct stat named {};
  return ::fstat(home.lock, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

void move_out(Home& home) {
  if (home.lock >= 0) ::close(home.lock);
  if (home.dir >= 0) ::close(home.dir);
  home.lock = home.dir = -1;
}

enum class Locked { yes, held, gone, failed };

Locked lock(Home& home) {
  if (!open_folder(home)) return errno == ENOENT ? Locked::gone : Locked::failed;
  home.lock = ::openat(home.dir, "keeper.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (home.lock < 0) return errno == ENOENT ? Locked::gone : Locked::failed;
  if (::flock(home.lock, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? Locked::held : Locked::failed;
  return is_at_its_path(home) ? Locked::yes : Locked::gone;
}

}  // namespace

int move_in(Home& home, const char* project, Patience patience) {
  if (!is_project_name(project)) {
    complain("not the name of a project:", project, 0);
    return 1;
  }
  Text(home.folder, sizeof home.folder) << "/run/stack/" << project;
  for (int tries = patience == Patience::some ? kPatientTries : 3; tries > 0; --tries) {
    const Locked locked = lock(home);
    if (locked == Locked::yes) return 0;
    const int error = errno;
    move_out(home);
    if (locked == Locked::failed) {
      complain("lock", home.folder, error);
      return 1;
    }
    if (locked == Locked::held && patience == Patience::none) return kAnotherHoldsTheLock;
    ::nanosleep(&kPause, nullptr);
  }
  return kAnotherHoldsTheLock;
}

// Bound under another name and then renamed, so that whoever finds the socket finds it listening.
bool listen(Home& home) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Text next(address.sun_path, sizeof address.sun_path);
  next << home.folder << "/control.new";
  home.control = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::unlinkat(home.dir, "control.new", 0);  // of a keeper that was killed here; ENOENT is the rule
  const mode_t before = ::umask(0177);
  const bool bound = !next.cut() && home.control >= 0 &&
                     ::bind(home.control, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  ::umask(before);
  errno = error;
  if (bound && ::listen(home.control, SOMAXCONN) == 0 &&
      ::renameat(home.dir, "control.new", home.dir, "control.sock") == 0)
    return true;
  complain("listen at", address.sun_path, errno);
  return false;
}

void close_door(const Home& home) {
  if (::unlinkat(home.dir, "control.sock", 0) != 0 && errno != ENOENT)
    complain("remove", "control.sock", errno);
}

bool open_null() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) {
    complain("open", "/dev/null", errno);
    return false;
  }
  if (null != STDIN_FILENO) ::close(null);
  return true;
}

bool go_to_background(const Home& home) {
  const int words =
      ::openat(home.dir, "reconciler.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (words < 0) {
    complain("open", "reconciler.log", errno);
    return false;
  }
  const pid_t pid = ::fork();
  if (pid < 0) {
    complain("fork", "", errno);
    return false;
  }
  if (pid > 0) ::_exit(0);
  ::setsid();  // EPERM is impossible just after fork
  ::dup2(STDIN_FILENO, STDOUT_FILENO);
  ::dup2(words, STDERR_FILENO);
  ::close(words);
  own_words();
  return true;
}

void own_words() {
  owns_words = true;
}

void trim_words() {
  if (!owns_words) return;
  struct stat st {};
  if (::fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < kMostWords) return;
  // O_APPEND: the next word begins at 0 again, the reconciler's too. A failure is tried again at the next
  // occasion.
  static_cast<void>(::ftruncate(STDERR_FILENO, 0) == 0);
}

void tell_ready() {
  const char* path = ::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!copy(address.sun_path, sizeof address.sun_path, path)) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + ::strlen(path));
  if (path[0] == '@') address.sun_path[0] = '\0';  // abstract
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return complain("tell the service manager", path, errno);
  constexpr char kReady[] = "READY=1";
  if (::sendto(socket, kReady, sizeof kReady - 1, MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
               length) < 0)
    complain("tell the service manager", path, errno);
  ::close(socket);
}

}  // namespace stack::keeper::daemon
