// A filling that is killed in its middle: a lease (fcntl(2), F_SETLEASE) on a file of the image holds up
// whoever opens it, and says so by a signal.
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <future>

#include "core/sys/dir.h"
#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

class Obstacle {
 public:
  explicit Obstacle(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    ::sigemptyset(&signal_);
    ::sigaddset(&signal_, SIGRTMIN);
    ::pthread_sigmask(SIG_BLOCK, &signal_, nullptr);
    good_ = ::fcntl(fd_.get(), F_SETSIG, SIGRTMIN) == 0 && ::fcntl(fd_.get(), F_SETLEASE, F_WRLCK) == 0;
  }
  [[nodiscard]] bool good() const { return good_; }
  // Until somebody stands before it.
  [[nodiscard]] bool wait() const {
    const timespec most{30, 0};
    return ::sigtimedwait(&signal_, nullptr, &most) == SIGRTMIN;
  }
  void lift() { fd_.reset(); }

 private:
  UniqueFd fd_;
  sigset_t signal_{};
  bool good_ = false;
};

pid_t child_of(pid_t parent) {
  const Dir processes(::opendir("/proc"));
  while (const dirent* entry = ::readdir(processes.get())) {
    const auto text = read_file("/proc/" + std::string(entry->d_name) + "/stat");
    if (!text || text->find(')') == std::string::npos) continue;
    char state = 0;
    int ppid = 0;
    if (std::sscanf(text->c_str() + text->rfind(')') + 1, " %c %d", &state, &ppid) == 2 && ppid == parent)
      return std::atoi(entry->d_name);
  }
  return -1;
}

bool ends(int pidfd) {
  pollfd end{pidfd, POLLIN, 0};
  return ::poll(&end, 1, 20'000) == 1;
}

class KilledFilling : public VolumesFolder {
 protected:
  void SetUp() override {
    VolumesFolder::SetUp();
    for (int i = 0; i < 50; ++i) write("layer0/data/" + std::to_string(i), "x");
    write("layer0/data/obstacle", "x");
    filling_ = fill_from(layers(2), "/data");
  }
  Filling filling_;
};

TEST_F(KilledFilling, IsAnErrorThatNamesTheSignalAndLeavesNothing) {
  Obstacle obstacle(path("layer0/data/obstacle"));
  ASSERT_TRUE(obstacle.good());
  auto created = std::async(std::launch::async, [&] { return create(root_, named("v"), filling_); });
  ASSERT_TRUE(obstacle.wait());
  EXPECT_TRUE(there(root_ + "/.new-v/data"));
  EXPECT_FALSE(there(volume("v")));
  ASSERT_EQ(::kill(child_of(::getpid()), SIGKILL), 0);
  const auto result = created.get();
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().words.find("SIGKILL"), std::string::npos) << result.error().words;
  EXPECT_EQ(names_in(root_), Names{".lock"});
}

TEST_F(KilledFilling, DiesWithItsParentAndIsMadeAnewTheNextTime) {
  Obstacle obstacle(path("layer0/data/obstacle"));
  ASSERT_TRUE(obstacle.good());
  const pid_t parent = ::fork();
  if (parent == 0) ::_exit(create(root_, named("v"), filling_).ok() ? 0 : 1);
  ASSERT_TRUE(obstacle.wait());
  const UniqueFd child(static_cast<int>(::syscall(SYS_pidfd_open, child_of(parent), 0)));
  ASSERT_TRUE(child.valid());
  ASSERT_EQ(::kill(parent, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  EXPECT_TRUE(ends(child.get()));
  EXPECT_EQ(names_in(root_), (Names{".lock", ".new-v"}));
  obstacle.lift();
  EXPECT_EQ(create_good(named("v"), filling_).outcome, Creation::created);
  EXPECT_EQ(names_in(data("v")).size(), 51u);
  EXPECT_EQ(names_in(root_), (Names{".lock", "v"}));
}

TEST_F(KilledFilling, ShowsNoMountToTheHostWhileItRuns) {
  ASSERT_EQ(::mount(folder_.c_str(), folder_.c_str(), nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(::mount(nullptr, folder_.c_str(), nullptr, MS_SHARED, nullptr), 0);
  {
    Obstacle obstacle(path("layer0/data/obstacle"));
    ASSERT_TRUE(obstacle.good());
    auto created = std::async(std::launch::async, [&] { return create(root_, named("v"), filling_); });
    EXPECT_TRUE(obstacle.wait());
    EXPECT_EQ(*mounts_below(folder_), std::vector<std::string>{folder_});
    obstacle.lift();
    EXPECT_TRUE(created.get().ok());
  }
  EXPECT_EQ(*mounts_below(folder_), std::vector<std::string>{folder_});
  EXPECT_EQ(::umount2(folder_.c_str(), MNT_DETACH), 0);
}

// What another thread has locked must not stay locked because of us (flock(2) goes by the open file).
TEST_F(KilledFilling, KeepsNoLockOfItsParentsOtherThreads) {
  write("lock", "");
  UniqueFd lock(::open(path("lock").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  Obstacle obstacle(path("layer0/data/obstacle"));
  ASSERT_TRUE(obstacle.good());
  auto created = std::async(std::launch::async, [&] { return create(root_, named("v"), filling_); });
  EXPECT_TRUE(obstacle.wait());
  lock.reset();
  const UniqueFd again(::open(path("lock").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(::flock(again.get(), LOCK_EX | LOCK_NB), 0);
  obstacle.lift();
  EXPECT_TRUE(created.get().ok());
}

}  // namespace
}  // namespace stack::volumes
