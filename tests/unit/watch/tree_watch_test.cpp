// Trees on this machine's own file system, changed in every way that an editor or a version control has.
#include "core/watch/tree_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace stack::watch {
namespace {

namespace fs = std::filesystem;
using Paths = std::set<std::string>;

class Trees : public testing::Test {
 protected:
  Trees() {
    std::string name = (fs::temp_directory_path() / "stack-watch-XXXXXX").string();
    top_ = fs::canonical(::mkdtemp(name.data())).string();
    fs::create_directory(at("src"));
  }
  ~Trees() override { fs::remove_all(top_); }

  [[nodiscard]] std::string at(const std::string& path) const { return top_ + "/" + path; }
  void write(const std::string& path, const std::string& content = "x") const {
    fs::create_directories(fs::path(at(path)).parent_path());
    std::ofstream(at(path)) << content;
  }
  [[nodiscard]] TreeWatch watch(const Paths& roots = {"src"}, TreeWatch::Skips skips = nullptr) const {
    Paths absolute;
    for (const std::string& root : roots) absolute.insert(at(root));
    if (!skips) skips = [](const std::string&) { return false; };
    auto opened = TreeWatch::open(absolute, skips);
    EXPECT_TRUE(opened.ok()) << (opened ? "" : opened.error().words);
    return *std::move(opened);
  }
  // Relative to the top, so that a test can be read.
  [[nodiscard]] Paths changed(TreeWatch& tree) const {
    const auto taken = tree.take();
    EXPECT_TRUE(taken.ok()) << (taken ? "" : taken.error().words);
    Paths relative;
    for (const std::string& path : *taken) relative.insert(path.substr(top_.size() + 1));
    return relative;
  }

  std::string top_;
};

TEST_F(Trees, NothingHasChangedAtFirst) {
  write("src/a");
  write("src/deep/b");
  TreeWatch tree = watch();
  EXPECT_EQ(changed(tree), Paths{});
  EXPECT_EQ(tree.paths_within(at("src")),
            (std::vector<std::string>{at("src"), at("src/a"), at("src/deep"), at("src/deep/b")}));
}

TEST_F(Trees, FilesThatComeChangeAndGoAreTold) {
  write("src/old");
  write("src/gone");
  TreeWatch tree = watch();
  write("src/new");
  write("src/old", "more");
  fs::remove(at("src/gone"));
  fs::create_symlink("nowhere", at("src/link"));
  EXPECT_EQ(changed(tree), (Paths{"src/new", "src/old", "src/gone", "src/link"}));
  EXPECT_EQ(changed(tree), Paths{});
  ::chmod(at("src/new").c_str(), 0700);
  EXPECT_EQ(changed(tree), Paths{"src/new"});
}

TEST_F(Trees, ASaveByRenameIsAChangeOfTheFileAndOfNothingElse) {
  write("src/file", "old");
  TreeWatch tree = watch();
  write("src/.file.tmp", "new");
  fs::rename(at("src/.file.tmp"), at("src/file"));
  EXPECT_EQ(changed(tree), Paths{"src/file"});
  write("src/file~", "x");
  fs::remove(at("src/file~"));
  EXPECT_EQ(changed(tree), Paths{});
}

TEST_F(Trees, NewFoldersAreWatchedToTheirDepth) {
  TreeWatch tree = watch();
  write("src/a/b/c");
  EXPECT_EQ(changed(tree), (Paths{"src/a", "src/a/b", "src/a/b/c"}));
  write("src/a/b/d");
  EXPECT_EQ(changed(tree), Paths{"src/a/b/d"});
}

TEST_F(Trees, AFolderThatIsMovedIsWatchedWhereItIs) {
  write("src/a/x");
  TreeWatch tree = watch();
  fs::rename(at("src/a"), at("src/b"));
  EXPECT_EQ(changed(tree), (Paths{"src/a", "src/a/x", "src/b", "src/b/x"}));
  write("src/b/x", "more");
  EXPECT_EQ(changed(tree), Paths{"src/b/x"});
  fs::rename(at("src/b"), at("out"));
  EXPECT_EQ(changed(tree), (Paths{"src/b", "src/b/x"}));
  write("out/x", "no longer ours");
  EXPECT_EQ(changed(tree), Paths{});
}

TEST_F(Trees, AFolderThatIsMadeAnewIsComparedWithTheOneBefore) {
  write("src/a/kept", "1");
  write("src/a/gone");
  TreeWatch tree = watch();
  fs::remove_all(at("src/a"));
  write("src/a/kept", "22");
  const Paths paths = changed(tree);
  EXPECT_TRUE(paths.contains("src/a/gone") && paths.contains("src/a/kept")) << paths.size();
  write("src/a/later");
  EXPECT_TRUE(changed(tree).contains("src/a/later"));
}

TEST_F(Trees, ARootMayBeAFileOrComeLater) {
  write("conf/app.conf", "1");
  TreeWatch tree = watch({"conf/app.conf", "later/on"});
  write("conf/other");
  EXPECT_EQ(changed(tree), Paths{});
  write("conf/tmp", "22");
  fs::rename(at("conf/tmp"), at("conf/app.conf"));
  EXPECT_EQ(changed(tree), Paths{"conf/app.conf"});
  write("later/on/file");
  EXPECT_EQ(changed(tree), (Paths{"later/on", "later/on/file"}));
  fs::remove_all(at("later"));
  EXPECT_EQ(changed(tree), (Paths{"later/on", "later/on/file"}));
  write("later/on/again");
  EXPECT_EQ(changed(tree), (Paths{"later/on", "later/on/again"}));
}

TEST_F(Trees, WhatIsSkippedIsNotWatched) {
  write("src/node_modules/a/b");
  TreeWatch tree =
      watch({"src"}, [this](const std::string& folder) { return folder == at("src/node_modules"); });
  write("src/node_modules/a/b", "more");
  write("src/node_modules/c");
  EXPECT_EQ(changed(tree), Paths{});
  EXPECT_EQ(tree.paths_within(at("src/node_modules")), std::vector<std::string>{at("src/node_modules")});
}

TEST_F(Trees, OverlappingRootsTellOnce) {
  TreeWatch tree = watch({"src", "src/a"});
  write("src/a/x");
  EXPECT_EQ(changed(tree), (Paths{"src/a", "src/a/x"}));
  write("src/a/x", "more");
  EXPECT_EQ(changed(tree), Paths{"src/a/x"});
}

// More events than the kernel keeps for one descriptor.
TEST_F(Trees, AnOverflowIsAComparisonOfEverything) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  int most = 0;
  ASSERT_TRUE(limit >> most);
  if (most > 100'000) GTEST_SKIP() << "the kernel keeps " << most << " events";
  write("src/a/first");
  write("src/b/gone");
  TreeWatch tree = watch();
  for (int i = 0; i <= most; ++i) {  // two of a kind are one event, so it goes to and fro
    ::chmod(at("src/a").c_str(), 0755);
    ::chmod(at("src/b").c_str(), 0755);
  }
  write("src/a/last");
  fs::remove_all(at("src/b"));
  EXPECT_EQ(changed(tree), (Paths{"src/a/last", "src/b", "src/b/gone"}));
  write("src/a/first", "more");
  EXPECT_EQ(changed(tree), Paths{"src/a/first"});
}

TEST_F(Trees, SpecialFilesCountForNothing) {
  TreeWatch tree = watch();
  ASSERT_EQ(::mkfifo(at("src/fifo").c_str(), 0600), 0);
  EXPECT_EQ(changed(tree), Paths{});
}

}  // namespace
}  // namespace stack::watch
