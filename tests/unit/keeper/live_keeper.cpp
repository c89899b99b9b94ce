#include "tests/unit/keeper/live_keeper.h"

#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/sys/files.h"
#include "tests/unit/keeper/fake_reconciler.h"

namespace stack::keeper {
namespace {

std::string own_program() {
  char path[4096];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  return std::string(path, n > 0 ? static_cast<std::size_t>(n) : 0);
}

char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::size_t at = text.str().rfind(')');
  return at == std::string::npos ? '\0' : text.str().at(at + 2);
}

// Nothing when the reconciler was killed meanwhile.
std::string ask_once(const std::string& path, const std::string& command) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "";
  if (::send(socket.get(), command.data(), command.size(), MSG_NOSIGNAL) < 0) return "";
  std::string reply;
  char text[4096];
  while (reply.empty() || reply.back() != '\n') {
    const ssize_t n = ::read(socket.get(), text, sizeof text);
    if (n <= 0) return "";
    reply.append(text, static_cast<std::size_t>(n));
  }
  return reply;
}

}  // namespace

void LiveKeeper::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  static int number = 0;
  project_ = "keepertest-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
  run_ = "/run/stack/" + project_;
  char folder[] = "/tmp/keepertest.XXXXXX";
  folder_ = ::mkdtemp(folder);
  ASSERT_EQ(run_keeper(), 0);
}

void LiveKeeper::TearDown() {
  if (project_.empty()) return;
  if (::access((run_ + "/control.sock").c_str(), F_OK) == 0) {
    const pid_t pid = keeper();
    ::kill(pid, SIGTERM);
    eventually([&] { return !is_alive(pid) || is_zombie(pid); }, "the keeper ends");
  }
  EXPECT_NE(::access((run_ + "/control.sock").c_str(), F_OK), 0);
  if (HasFailure()) std::fprintf(stderr, "%s", content(run_ + "/reconciler.log").c_str());
  EXPECT_TRUE(remove_tree(run_));
  EXPECT_TRUE(remove_tree(folder_));
}

int LiveKeeper::run_keeper() {
  const std::string self = own_program();
  const std::string program = self.substr(0, self.find_last_of('/')) + "/stack-keeper";
  std::string words[] = {"stack-keeper", project_, self};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, ::environ) != 0) return -1;
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string LiveKeeper::ask(const std::string& command) {
  std::string reply;
  eventually(
      [&] {
        reply = ask_once(run_ + "/control.sock", command);
        return !reply.empty();
      },
      "the reconciler answers");
  if (reply.empty()) return "0";
  reply.pop_back();
  return reply;
}

void LiveKeeper::eventually(const std::function<bool()>& condition, const char* what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "never: " << what;
      return;
    }
    ::poll(nullptr, 0, 1);
  }
}

void LiveKeeper::kill_and_wait(pid_t pid) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ::kill(pid, SIGKILL);
  pollfd wait{pidfd.get(), POLLIN, 0};
  ::poll(&wait, 1, 20000);
}

bool LiveKeeper::is_alive(pid_t pid) {
  return state_of(pid) != '\0';
}
bool LiveKeeper::is_zombie(pid_t pid) {
  return state_of(pid) == 'Z';
}

std::string LiveKeeper::content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace stack::keeper

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "reconcile") return stack::keeper::run_fake_reconciler(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  // Mounts of a test are seen by it and by its keeper alone, and are gone with them.
  if (::unshare(CLONE_NEWNS) == 0) ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  return RUN_ALL_TESTS();
}
