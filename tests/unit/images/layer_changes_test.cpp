// A writable layer compared with what lies below it.
#include "core/images/layer_changes.h"

#include <gtest/gtest.h>
#include <sys/xattr.h>

#include "core/sys/overlayfs.h"
#include "tests/unit/images/temp_folder.h"

namespace stack {
namespace {

class LayerChanges : public testing::Test {
 protected:
  LayerChanges() {
    for (const char* layer : {"upper", "top", "bottom"}) std::filesystem::create_directory(folder_ / layer);
  }
  void whiteout(const std::string& path) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ / path).parent_path());
    ASSERT_EQ(::mknod((folder_ / path).c_str(), S_IFCHR | 0600, makedev(0, 0)), 0);
  }
  void make_opaque(const std::string& path) const {
    std::filesystem::create_directories(folder_ / path);
    ASSERT_EQ(::setxattr((folder_ / path).c_str(), kOverlayOpaque, "y", 1, 0), 0);
  }
  // "C /etc" and so on, in order.
  [[nodiscard]] std::vector<std::string> changes() const {
    const auto all = layer_changes(folder_ / "upper", {folder_ / "top", folder_ / "bottom"});
    EXPECT_TRUE(all.ok()) << (all ? "" : all.error().words);
    std::vector<std::string> lines;
    for (const LayerChange& change : *all)
      lines.push_back(std::string(1, "ACD"[static_cast<int>(change.kind)]) + " " + change.path);
    return lines;
  }

  test::TempFolder folder_;
};
using Lines = std::vector<std::string>;

TEST_F(LayerChanges, TellsWhatWasAddedChangedAndDeleted) {
  folder_.write("bottom/etc/passwd", "old");
  folder_.write("bottom/bin/sh", "x");
  folder_.write("upper/etc/passwd", "new");
  folder_.write("upper/etc/mine/file", "x");
  whiteout("upper/bin/sh");
  EXPECT_EQ(changes(),
            (Lines{"C /bin", "D /bin/sh", "C /etc", "A /etc/mine", "A /etc/mine/file", "C /etc/passwd"}));
}

TEST_F(LayerChanges, WhatALayerBetweenHasTakenAwayWasNotThere) {
  folder_.write("bottom/a", "x");
  folder_.write("bottom/dir/b", "x");
  folder_.write("bottom/file/c", "x");
  whiteout("top/a");
  make_opaque("top/dir");
  folder_.write("top/file", "x");
  folder_.write("upper/a", "x");
  folder_.write("upper/dir/b", "x");
  whiteout("upper/file");
  whiteout("upper/never");
  EXPECT_EQ(changes(), (Lines{"A /a", "C /dir", "A /dir/b", "D /file"}));
}

TEST_F(LayerChanges, AnOpaqueFolderHidesWhatWasInIt) {
  folder_.write("bottom/dir/gone/deep", "x");
  folder_.write("top/dir/kept", "x");
  make_opaque("upper/dir");
  folder_.write("upper/dir/kept", "new");
  folder_.write("upper/dir/new", "x");
  EXPECT_EQ(changes(), (Lines{"C /dir", "D /dir/gone", "C /dir/kept", "A /dir/new"}));
}

TEST_F(LayerChanges, NoLinkOfALayerIsFollowed) {
  folder_.write("outside/secret", "x");
  std::filesystem::create_directory_symlink(folder_ / "outside", folder_ / "top/link");
  std::filesystem::create_directory_symlink(folder_ / "outside", folder_ / "upper/up");
  folder_.write("upper/link/secret", "x");
  EXPECT_EQ(changes(), (Lines{"C /link", "A /link/secret", "A /up"}));
}

TEST_F(LayerChanges, NothingIsNone) {
  folder_.write("bottom/a", "x");
  EXPECT_EQ(changes(), Lines{});
}

}  // namespace
}  // namespace stack
