#include "core/engine/own_program.h"

#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

TEST(OwnProgram, CannotBeWrittenThroughTheProcessThatRunsIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string folder = "/tmp/stack-unit-own-" + std::to_string(::getpid());
  ASSERT_TRUE(make_folders(folder, 0700));
  ASSERT_TRUE(replace_file(folder + "/cat", *read_file("/bin/cat"), 0755, Durability::none));
  const Result<UniqueFd> program = open_read_only_program(folder + "/cat");
  ASSERT_TRUE(program) << program.error().words;

  Pipe in = std::move(make_pipe()).value();
  Pipe out = std::move(make_pipe()).value();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in.read.get(), 0);
    ::dup2(out.write.get(), 1);
    char name[] = "cat";
    char* argv[] = {name, nullptr};
    char* environment[] = {nullptr};
    ::fexecve(program->get(), argv, environment);
    ::_exit(1);
  }
  char byte = 'x';
  ASSERT_EQ(::write(in.write.get(), &byte, 1), 1);
  ASSERT_EQ(::read(out.read.get(), &byte, 1), 1);  // it runs
  // While it runs a write is refused anyway (ETXTBSY); the attack keeps a descriptor and opens that anew
  // afterwards.
  const UniqueFd exe(::open(("/proc/" + std::to_string(pid) + "/exe").c_str(), O_PATH | O_CLOEXEC));
  ASSERT_TRUE(exe);
  in.write.reset();
  EXPECT_EQ(exit_code(pid), 0);
  EXPECT_LT(::open(("/proc/self/fd/" + std::to_string(exe.get())).c_str(), O_WRONLY | O_CLOEXEC), 0);
  EXPECT_EQ(errno, EROFS);
  EXPECT_TRUE(remove_tree(folder));
}

}  // namespace
}  // namespace stack::engine
