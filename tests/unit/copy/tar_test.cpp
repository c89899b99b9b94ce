#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/copy/tar_sink.h"
#include "core/copy/tar_source.h"
#include "tests/unit/copy/places.h"

namespace stack::copy {
namespace {

class CopyTar : public Places {
 protected:
  // A tar of these entries, ready to be read.
  static UniqueFd tar_of(const std::vector<std::pair<Entry, std::string>>& entries) {
    UniqueFd fd(::memfd_create("tar", MFD_CLOEXEC));
    const auto sink = TarSink::open(fd.get());
    for (const auto& [entry, content] : entries) {
      std::size_t at = 0;
      const std::string& bytes = content;
      const auto given = (*sink)->put(entry, [&](char* buffer, std::size_t size) -> Result<std::size_t> {
        const std::size_t n = bytes.copy(buffer, size, at);
        at += n;
        return n;
      });
      EXPECT_TRUE(given.ok());
    }
    EXPECT_TRUE((*sink)->finish().ok());
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
  }
  static Entry file(const std::string& path, const std::string& content) {
    Entry entry;
    entry.path = path;
    entry.mode = 0644;
    entry.size = content.size();
    return entry;
  }
  static Entry link(Kind kind, const std::string& path, const std::string& target) {
    Entry entry = file(path, "");
    entry.kind = kind;
    entry.link = target;
    return entry;
  }
  Result<void> unpack(const UniqueFd& tar) {
    TreeSink sink(folder(in("")), {});
    TRY(read_tar(tar.get(), sink, note_));
    return sink.finish();
  }
};

TEST_F(CopyTar, ATreeIsTheSameAfterATar) {
  write(in("app/bin/run"), "program");
  write(in("app/a"), std::string(300000, 'y'));
  ::chmod(in("app/bin/run").c_str(), 04755);
  std::filesystem::create_symlink("a", in("app/link"));
  ASSERT_EQ(::mkfifo(in("app/fifo").c_str(), 0666), 0);
  const UniqueFd tar(::memfd_create("tar", MFD_CLOEXEC));
  const auto sink = TarSink::open(tar.get());
  const auto from = container().open("app", O_PATH, Tree::Links::on_the_way);
  ASSERT_TRUE(read_tree(*from, "app", {}, **sink, note_).ok());
  ASSERT_TRUE((*sink)->finish().ok());
  EXPECT_EQ(left_out_.size(), 1U);
  ::lseek(tar.get(), 0, SEEK_SET);
  std::filesystem::rename(in("app"), out("app"));
  const auto unpacked = unpack(tar);
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().words;
  EXPECT_EQ(read(in("app/bin/run")), "program");
  EXPECT_EQ(look(in("app/bin/run")).st_mode & 07777, 04755U);
  EXPECT_EQ(look(in("app/a")).st_mtim.tv_sec, look(out("app/a")).st_mtim.tv_sec);
  EXPECT_EQ(read(in("app/a")), read(out("app/a")));
  EXPECT_EQ(std::filesystem::read_symlink(in("app/link")), "a");
}

TEST_F(CopyTar, NoEntryLeadsOut) {
  write(out("precious"), "the host's");
  for (const char* path : {"../outside/precious", "a/../../outside/precious", ".."}) {
    EXPECT_FALSE(unpack(tar_of({{file(path, "evil"), "evil"}})).ok()) << path;
  }
  ASSERT_TRUE(unpack(tar_of({{file("/outside/precious", "evil"), "evil"}})).ok());
  EXPECT_EQ(read(in("outside/precious")), "evil") << "an absolute path is one below";
  const auto through = unpack(tar_of(
      {{link(Kind::symlink, "door", top_ + "/outside"), ""}, {file("door/precious", "evil"), "evil"}}));
  ASSERT_FALSE(through.ok());
  EXPECT_NE(through.error().words.find("a symlink is on the way"), std::string::npos);
  EXPECT_FALSE(unpack(tar_of({{link(Kind::hard_link, "mine", "../outside/precious"), ""}})).ok());
  EXPECT_FALSE(unpack(tar_of({{link(Kind::symlink, "door", top_ + "/outside"), ""},
                              {link(Kind::hard_link, "mine", "door/precious"), ""}}))
                   .ok());
  EXPECT_EQ(read(out("precious")), "the host's");
}

TEST_F(CopyTar, ANameIsBytes) {
  for (const std::string name : {"gr\xc3\xbcn", "\xff\xfe", "a\nb"}) {
    const auto unpacked =
        unpack(tar_of({{file(name, "x"), "x"}, {link(Kind::symlink, "l" + name, name), ""}}));
    ASSERT_TRUE(unpacked.ok()) << unpacked.error().words;
    EXPECT_EQ(read(in(name)), "x") << name;
    EXPECT_EQ(std::filesystem::read_symlink(in("l" + name)), name);
  }
}

TEST_F(CopyTar, AHardLinkIsOne) {
  ASSERT_TRUE(unpack(tar_of({{file("a", "x"), "x"}, {link(Kind::hard_link, "b", "a"), ""}})).ok());
  EXPECT_EQ(look(in("a")).st_ino, look(in("b")).st_ino);
}

TEST_F(CopyTar, WhatIsNoTarIsAnError) {
  const UniqueFd fd(::memfd_create("tar", MFD_CLOEXEC));
  const std::string junk(2000, 'j');
  ASSERT_EQ(::write(fd.get(), junk.data(), junk.size()), 2000);
  ::lseek(fd.get(), 0, SEEK_SET);
  EXPECT_FALSE(unpack(fd).ok());
}

TEST_F(CopyTar, ACutTarLeavesNoHalfFile) {
  const UniqueFd tar = tar_of({{file("a", std::string(100000, 'z')), std::string(100000, 'z')}});
  ASSERT_EQ(::ftruncate(tar.get(), 50000), 0);
  EXPECT_FALSE(unpack(tar).ok());
  EXPECT_FALSE(is_there(in("a")));
}

}  // namespace
}  // namespace stack::copy
