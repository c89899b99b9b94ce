// Single paths made the same in a container that means no good.
#include "core/copy/mirror.h"

#include "tests/unit/copy/places.h"

namespace stack::copy {
namespace {

class Mirror : public Places {
 protected:
  Result<void> bring(const std::string& source, const std::string& target) {
    return mirror(container(), out(source), target, note_);
  }
  void expect(const std::string& source, const std::string& target) {
    const auto done = bring(source, target);
    EXPECT_TRUE(done.ok()) << source << ": " << (done ? "" : done.error().words);
  }
};

TEST_F(Mirror, AFileComesChangesAndGoes) {
  write(out("src/a"), "one");
  ::chmod(out("src/a").c_str(), 0751);
  expect("src/a", "/app/new/a");
  EXPECT_EQ(read(in("app/new/a")), "one");
  EXPECT_EQ(look(in("app/new/a")).st_mode & 07777, 0751U);
  write(out("src/a"), "two");
  expect("src/a", "/app/new/a");
  EXPECT_EQ(read(in("app/new/a")), "two");
  std::filesystem::remove(out("src/a"));
  expect("src/a", "/app/new/a");
  EXPECT_FALSE(is_there(in("app/new/a")));
  expect("src/a", "/app/new/a");
  expect("src/a", "/never/was");
  EXPECT_FALSE(is_there(in("never")));
}

TEST_F(Mirror, AFolderComesWithoutWhatIsInItAndGoesWithAll) {
  write(out("src/dir/file"), "x");
  expect("src/dir", "/app/dir");
  EXPECT_TRUE(is_there(in("app/dir")));
  EXPECT_FALSE(is_there(in("app/dir/file")));
  write(in("app/dir/made/by/container"), "x");
  std::filesystem::remove_all(out("src/dir"));
  expect("src/dir", "/app/dir");
  EXPECT_FALSE(is_there(in("app/dir")));
}

TEST_F(Mirror, WhatIsOfAnotherKindMakesRoom) {
  write(out("a"), "file now");
  write(in("app/a/inside"), "x");
  expect("a", "/app/a");
  EXPECT_EQ(read(in("app/a")), "file now");
  std::filesystem::remove(out("a"));
  std::filesystem::create_directory(out("a"));
  expect("a", "/app/a");
  EXPECT_TRUE(std::filesystem::is_directory(in("app/a")));
}

TEST_F(Mirror, NoLinkOfTheContainersLeadsOutOfIt) {
  write(out("victim/kept"), "kept");
  write(out("evil"), "evil");
  std::filesystem::create_directories(in("app"));
  // As the last part, in the middle, and instead of the target itself.
  std::filesystem::create_symlink(out("victim/kept"), in("app/last"));
  std::filesystem::create_symlink(out("victim"), in("app/middle"));
  std::filesystem::create_symlink(out("victim"), in("target"));
  std::filesystem::create_symlink("../../../../../../../../../.." + out("victim"), in("climbs"));
  expect("evil", "/app/last");
  EXPECT_EQ(read(in("app/last")), "evil");
  for (const char* target : {"/app/middle/kept", "/target/kept", "/climbs/kept"}) {
    static_cast<void>(bring("evil", target));
    static_cast<void>(bring("absent", target));
  }
  EXPECT_EQ(read(out("victim/kept")), "kept");
}

TEST_F(Mirror, WhatGoesTakesNoLinksGoalWithIt) {
  write(out("victim/kept"), "kept");
  write(in("app/dir/x"), "x");
  std::filesystem::create_symlink(out("victim"), in("app/dir/link"));
  expect("absent", "/app/dir");
  EXPECT_FALSE(is_there(in("app/dir")));
  EXPECT_EQ(read(out("victim/kept")), "kept");
}

TEST_F(Mirror, TheRootOfAContainerIsNeverRemoved) {
  write(in("file"), "x");
  EXPECT_FALSE(bring("absent", "/").ok());
  EXPECT_EQ(read(in("file")), "x");
  write(out("dir/x"), "x");
  expect("dir", "/");
}

TEST_F(Mirror, AFifoIsNoFileToBring) {
  ASSERT_EQ(::mkfifo(out("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(bring("fifo", "/fifo").ok());
  EXPECT_FALSE(is_there(in("fifo")));
}

}  // namespace
}  // namespace stack::copy
