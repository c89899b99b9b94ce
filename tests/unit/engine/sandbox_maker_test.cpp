#include "core/engine/sandbox_maker.h"

#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

class Maker : public LiveContainer {
 protected:
  [[nodiscard]] SandboxRequest named(const std::string& name) const {
    const std::string pin = pins_ + "/" + name;
    return {pin + ".user", ids_, {pin + ".net", pin + ".ipc", pin + ".uts", name, ""}};
  }
};

TEST_F(Maker, MakesSandboxesInTheOrderInWhichTheyAreAskedFor) {
  SandboxMaker maker = std::move(SandboxMaker::start()).value();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(maker.ask(named(name)));
  for (const char* name : {"a", "b", "c"}) {
    const Result<void> made = maker.answer();
    ASSERT_TRUE(made) << made.error().words;
    EXPECT_TRUE(is_pinned(pins_ + "/" + name + ".net"));
  }
}

TEST_F(Maker, TellsWhatWasWrongAndGoesOn) {
  SandboxMaker maker = std::move(SandboxMaker::start()).value();
  SandboxRequest lost = named("a");
  lost.paths.net = pins_ + "/no/such/folder/a.net";
  ASSERT_TRUE(maker.ask(lost));
  ASSERT_TRUE(maker.ask(named("b")));
  const Result<void> failed = maker.answer();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ENOENT);
  EXPECT_EQ(failed.error().words, "make pin \"" + lost.paths.net + "\": No such file or directory");
  EXPECT_TRUE(maker.answer());
}

// Otherwise it would pin beside the next reconciler.
TEST_F(Maker, EndsWithItsParent) {
  Pipe child_id = std::move(make_pipe()).value();
  const pid_t parent = ::fork();
  if (parent == 0) {
    SandboxMaker maker = std::move(SandboxMaker::start()).value();
    const pid_t pid = maker.pid();
    static_cast<void>(::write(child_id.write.get(), &pid, sizeof pid) + 1);
    ::pause();
    ::_exit(0);
  }
  pid_t maker = -1;
  ASSERT_EQ(::read(child_id.read.get(), &maker, sizeof maker), static_cast<ssize_t>(sizeof maker));
  child_id.write.reset();
  ::kill(parent, SIGKILL);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  // The pipe's other end is ours, the parent's and, had it kept it, the maker's.
  char byte = 0;
  EXPECT_EQ(::read(child_id.read.get(), &byte, 1), 0);
  for (int i = 0; i < 10000 && ::kill(maker, 0) == 0; ++i) ::usleep(1000);
  EXPECT_NE(::kill(maker, 0), 0);
}

}  // namespace
}  // namespace stack::engine
