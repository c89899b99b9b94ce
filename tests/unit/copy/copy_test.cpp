// Trees copied whole, and by whom nothing else is touched.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "tests/unit/copy/places.h"

namespace stack::copy {
namespace {

class CopyFiles : public Places {};

TEST_F(CopyFiles, ATreeComesWithItsModesTimesAndLinks) {
  write(in("app/bin/run"), "program");
  write(in("app/data"), std::string(700000, 'x'));
  ::chmod(in("app/bin").c_str(), 0750);
  ::chmod(in("app/bin/run").c_str(), 0751);
  std::filesystem::create_symlink("/etc/passwd", in("app/link"));
  const timespec old[] = {{1000, 0}, {1000, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, in("app/bin").c_str(), old, 0), 0);
  const auto taken = take("app", "copy");
  ASSERT_TRUE(taken.ok()) << taken.error().words;
  EXPECT_EQ(read(out("copy/bin/run")), "program");
  EXPECT_EQ(read(out("copy/data")), std::string(700000, 'x'));
  EXPECT_EQ(look(out("copy/bin")).st_mode & 07777, 0750U);
  EXPECT_EQ(look(out("copy/bin/run")).st_mode & 07777, 0751U);
  EXPECT_EQ(look(out("copy/bin")).st_mtim.tv_nsec, 7);
  EXPECT_EQ(std::filesystem::read_symlink(out("copy/link")), "/etc/passwd");
  EXPECT_TRUE(left_out_.empty());
}

TEST_F(CopyFiles, AFileTakesAFilesPlaceAndNeverAFolders) {
  write(in("new"), "new");
  write(out("old"), "old");
  write(out("folder/kept"), "kept");
  EXPECT_TRUE(take("new", "old").ok());
  EXPECT_EQ(read(out("old")), "new");
  EXPECT_FALSE(take("new", "folder").ok());
  EXPECT_EQ(read(out("folder/kept")), "kept");
  std::filesystem::create_directory(in("dir"));
  EXPECT_FALSE(take("dir", "old").ok());
  EXPECT_EQ(read(out("old")), "new");
}

TEST_F(CopyFiles, AFolderThatIsThereIsGoneOnWithAsItIs) {
  write(in("etc/new"), "new");
  ::chmod(in("etc").c_str(), 0700);
  write(out("etc/kept"), "kept");
  ::chmod(out("etc").c_str(), 0755);
  ASSERT_TRUE(take("etc", "etc").ok());
  EXPECT_EQ(read(out("etc/kept")), "kept");
  EXPECT_EQ(read(out("etc/new")), "new");
  EXPECT_EQ(look(out("etc")).st_mode & 07777, 0755U);
}

TEST_F(CopyFiles, AHoleStaysOne) {
  write(in("big"), "");
  ASSERT_EQ(::truncate(in("big").c_str(), 64 << 20), 0);
  ASSERT_TRUE(take("big", "big").ok());
  EXPECT_EQ(look(out("big")).st_size, 64 << 20);
  EXPECT_LT(look(out("big")).st_blocks, 100);
}

TEST_F(CopyFiles, OwnersAreTheContainersWhereTheyAreKept) {
  write(in("theirs"), "x");
  ASSERT_EQ(::chown(in("theirs").c_str(), 100033, 100044), 0);
  const Tree tree = container({100000, 65536});
  const auto from = tree.open("theirs", O_PATH, Tree::Links::on_the_way);
  for (const bool kept : {true, false}) {
    TreeSink sink(folder(out("")), {{}, kept, 07777});
    ASSERT_TRUE(read_tree(*from, kept ? "kept" : "plain", tree.ids(), sink, note_).ok());
  }
  EXPECT_EQ(look(out("kept")).st_uid, 33U);
  EXPECT_EQ(look(out("kept")).st_gid, 44U);
  EXPECT_EQ(look(out("plain")).st_uid, ::geteuid());
  ASSERT_TRUE(give("kept", "/", "back", {{100000, 65536}, true, 07777}).ok());
  EXPECT_EQ(look(in("back")).st_uid, 100033U);
  ASSERT_EQ(::chown(out("kept").c_str(), 70000, 0), 0);
  const auto beyond = give("kept", "/", "beyond", {{100000, 65536}, true, 07777});
  EXPECT_NE(beyond.error().words.find("owner 70000:0 has no number there"), std::string::npos);
  EXPECT_FALSE(is_there(in("beyond"))) << "half a file is none";
}

TEST_F(CopyFiles, ASetuidProgramOfAContainerIsNoneOutside) {
  write(in("su"), "x");
  ::chmod(in("su").c_str(), 06755);
  ASSERT_TRUE(take("su", "su", {{}, true, 01777}).ok());
  EXPECT_EQ(look(out("su")).st_mode & 07777, 0755U);
}

TEST_F(CopyFiles, WhatIsNoFileIsLeftOutAndTold) {
  write(in("run/file"), "x");
  ASSERT_EQ(::mkfifo(in("run/fifo").c_str(), 0666), 0);
  ASSERT_EQ(::mknod(in("run/disk").c_str(), S_IFBLK | 0666, makedev(8, 0)), 0);
  ASSERT_EQ(::mknod(in("run/whiteout").c_str(), S_IFCHR, makedev(0, 0)), 0);
  sockaddr_un address{AF_UNIX, ""};
  const std::string path = in("run/sock");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_TRUE(take("run", "run").ok());
  EXPECT_EQ(left_out_.size(), 4U);
  EXPECT_EQ(read(out("run/file")), "x");
  for (const char* name : {"fifo", "disk", "whiteout", "sock"}) {
    EXPECT_FALSE(is_there(out(std::string("run/") + name))) << name;
    EXPECT_FALSE(take(std::string("run/") + name, "one").ok()) << "asked for by name it is an error";
  }
}

TEST_F(CopyFiles, ViewsOfTheKernelAreNoFiles) {
  const Tree host_as_root = Tree::within(UniqueFd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)), {});
  for (const char* path : {"/proc/1/environ", "/proc", "/sys/kernel"}) {
    TreeSink sink(folder(out("")), {});
    const auto fd = host_as_root.open(path, O_PATH, Tree::Links::last_too);
    ASSERT_TRUE(fd.ok()) << path;
    const auto read = read_tree(*fd, "x", {}, sink, note_);
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_NE(read.error().words.find("a view of the kernel"), std::string::npos);
  }
  write(out("x"), "x");
  TreeSink sink(folder("/proc/self"), {});
  const auto from = Tree::of_host().open(out("x"), O_PATH, Tree::Links::on_the_way);
  EXPECT_FALSE(read_tree(*from, "comm", {}, sink, note_).ok());
}

TEST_F(CopyFiles, NoLinkInTheWayIsFollowed) {
  write(out("tree/sub/file"), "mine");
  write(out("tree/leaf"), "mine");
  write(top_ + "/precious/file", "the host's");
  std::filesystem::create_directory(in("dir"));
  std::filesystem::create_symlink(top_ + "/precious", in("dir/sub"));
  EXPECT_FALSE(give("tree", "dir", "").ok());
  std::filesystem::remove(in("dir/sub"));
  std::filesystem::remove(in("dir/leaf"));
  std::filesystem::create_symlink(top_ + "/precious/file", in("dir/leaf"));
  ASSERT_TRUE(give("tree", "dir", "").ok());
  EXPECT_EQ(read(in("dir/leaf")), "mine");
  EXPECT_FALSE(std::filesystem::is_symlink(in("dir/leaf")));
  EXPECT_EQ(read(top_ + "/precious/file"), "the host's");
}

// The race that CVE-2018-15664 was: a folder and a symlink to one of the host's change places all the time.
class Swapping {
 public:
  Swapping(std::string folder, std::string link) : folder_(std::move(folder)), link_(std::move(link)) {
    thread_ = std::thread([this] {
      while (!over_) ::renameat2(AT_FDCWD, folder_.c_str(), AT_FDCWD, link_.c_str(), RENAME_EXCHANGE);
    });
  }
  Swapping(const Swapping&) = delete;
  Swapping& operator=(const Swapping&) = delete;
  ~Swapping() {
    over_ = true;
    thread_.join();
  }

 private:
  std::string folder_, link_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST_F(CopyFiles, AFolderSwappedForALinkLeadsNowhereElse) {
  write(top_ + "/precious/file", "the host's");
  ::chmod((top_ + "/precious").c_str(), 0711);
  write(in("work/dir/file"), "its own");
  std::filesystem::create_symlink(top_ + "/precious", in("work/link"));
  write(out("tree/dir/file"), "mine");
  {
    const Swapping swapping(in("work/dir"), in("work/link"));
    for (int i = 0; i < 2000; ++i) {
      std::filesystem::remove_all(out("copy"));
      // What comes of it is one of the two, or an error; never what the link leads to.
      static_cast<void>(take("work", "copy"));
      for (const char* name : {"copy/dir", "copy/link"})
        EXPECT_TRUE(std::filesystem::is_symlink(out(name)) || read(out(name) + "/file") != "the host's");
      static_cast<void>(give("tree", "work", ""));
      static_cast<void>(give("tree/dir/file", "work/dir", "file"));
    }
  }
  EXPECT_EQ(read(top_ + "/precious/file"), "the host's");
  EXPECT_EQ(look(top_ + "/precious").st_mode & 07777, 0711U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(top_ + "/precious"), {}), 1);
}

TEST_F(CopyFiles, AFileSwappedForAFifoHoldsNobodyUp) {
  write(in("work/file"), "its own");
  ASSERT_EQ(::mkfifo(in("work/fifo").c_str(), 0666), 0);
  const Swapping swapping(in("work/file"), in("work/fifo"));
  for (int i = 0; i < 2000; ++i) {
    std::filesystem::remove_all(out("copy"));
    ASSERT_TRUE(take("work", "copy").ok());
  }
}

TEST_F(CopyFiles, TooDeepATreeIsAnError) {
  std::string path = in("deep");
  std::filesystem::create_directory(path);
  int at = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(::mkdirat(at, "d", 0755), 0);
    const int next = ::openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ::close(at);
    at = next;
  }
  ::close(at);
  const auto taken = take("deep", "deep");
  ASSERT_FALSE(taken.ok());
  EXPECT_NE(taken.error().words.find("more than 256 folders deep"), std::string::npos);
}

}  // namespace
}  // namespace stack::copy
