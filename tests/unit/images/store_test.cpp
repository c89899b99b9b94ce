#include "core/images/store.h"

#include <fcntl.h>
#include <sys/file.h>

#include "tests/unit/images/live_store.h"

namespace stack::test {
namespace {

class Stored : public LiveStore {
 protected:
  StoredImage import(const std::string& name, const std::string& content) {
    const auto image =
        import_rootfs(store_, home_.write("rootfs.tar", tar_of({file("content", content)})), name);
    EXPECT_TRUE(image.ok()) << image.error().words;
    return image.ok() ? *image : StoredImage{};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const StoredImage& image : *store_.list()) names.push_back(image.name);
    std::sort(names.begin(), names.end());
    return names;
  }
  [[nodiscard]] std::string layer_of(const StoredImage& image) const {
    return store_.layer_path(store_.resolve(image)->image.layers.at(0));
  }
};

using Names = std::vector<std::string>;

TEST_F(Stored, AnImportedTarIsAnImageOfOneLayer) {
  const StoredImage image = import("docker.io/library/mine:1", "hello");
  ImageRef ref;
  ref.kind = ImageRef::Kind::registry;
  ref.name = "docker.io/library/mine:1";
  const auto resolved = store_.resolve(ref);
  ASSERT_TRUE(resolved.ok()) << resolved.error().words;
  EXPECT_EQ(resolved->image.id, image.id);
  ASSERT_EQ(resolved->image.layers.size(), 1U);
  EXPECT_EQ(content_of(store_.layer_path(resolved->image.layers[0]) + "/content"), "hello");
  EXPECT_EQ(resolved->config.os, "linux");
  expect_no_leftovers();
}

TEST_F(Stored, AnImportedFolderKeepsWhatItHas) {
  home_.write("rootfs/etc/file", "1");
  ::chown((home_ / "rootfs/etc/file").c_str(), 5, 6);
  ::chmod((home_ / "rootfs/etc/file").c_str(), 04711);
  ::link((home_ / "rootfs/etc/file").c_str(), (home_ / "rootfs/etc/same").c_str());
  ::symlink("../x", (home_ / "rootfs/link").c_str());
  ::mkfifo((home_ / "rootfs/fifo").c_str(), 0600);
  const std::string odd = "caf\xe9 " + std::string(150, 'n');
  home_.write("rootfs/" + odd, "2");
  ::setxattr((home_ / "rootfs/etc/file").c_str(), "user.note", "x", 1, 0);
  const auto image = import_rootfs(store_, home_ / "rootfs", "docker.io/library/mine:1");
  ASSERT_TRUE(image.ok()) << image.error().words;
  const std::string layer = layer_of(*image);
  EXPECT_EQ(names_below(layer), names_below(home_ / "rootfs"));
  EXPECT_EQ(stat_of(layer + "/etc/file").st_mode, S_IFREG | 04711U);
  EXPECT_EQ(stat_of(layer + "/etc/file").st_uid, 5U);
  EXPECT_EQ(stat_of(layer + "/etc/file").st_ino, stat_of(layer + "/etc/same").st_ino);
  EXPECT_EQ(stat_of(layer + "/etc/file").st_mtim.tv_nsec, stat_of(home_ / "rootfs/etc/file").st_mtim.tv_nsec);
  EXPECT_EQ(std::filesystem::read_symlink(layer + "/link"), "../x");
  EXPECT_TRUE(S_ISFIFO(stat_of(layer + "/fifo").st_mode));
  EXPECT_EQ(xattr_of(layer + "/etc/file", "user.note"), "x");
  EXPECT_EQ(content_of(layer + "/" + odd), "2");
}

TEST_F(Stored, WhatIsNoTarIsNotImported) {
  const auto image = import_rootfs(store_, home_.write("x.tar", "no tar at all"), "docker.io/library/mine:1");
  EXPECT_FALSE(image.ok());
  EXPECT_TRUE(store_.list()->empty());
}

TEST_F(Stored, AnEmptyTarIsRefusedAndLeavesNoLayer) {
  EXPECT_FALSE(import_rootfs(store_, home_.write("x.tar", tar_of({})), "docker.io/library/mine:1").ok());
  EXPECT_TRUE(names_below(store_.root() + "/layers").empty());
}

TEST_F(Stored, AnImageIsFoundByNameIdAndPrefix) {
  const StoredImage a = import("docker.io/library/a:1", "a");
  const StoredImage b = import("docker.io/library/b:1", "b");
  for (const std::string& text : {a.name, a.id, hex_of(a.id), hex_of(a.id).substr(0, 12)}) {
    const auto found = store_.find(text);
    ASSERT_TRUE(found.ok()) << found.error().words;
    EXPECT_EQ(found->id, a.id);
  }
  EXPECT_NE(store_.find("c").error().words.find("docker.io/library/a:1"), std::string::npos);
  EXPECT_FALSE(store_.find("abc").ok()) << "too short for an id";
}

TEST_F(Stored, ANameMovesAndTheOldImageStaysWithoutOne) {
  const StoredImage first = import("docker.io/library/a:1", "old");
  const StoredImage second = import("docker.io/library/a:1", "new");
  EXPECT_EQ(names(), (Names{"", "docker.io/library/a:1"}));
  EXPECT_EQ(store_.find("docker.io/library/a:1")->id, second.id);
  ASSERT_TRUE(store_.tag(first.id, "docker.io/library/old:1").ok());
  EXPECT_EQ(names(), (Names{"docker.io/library/a:1", "docker.io/library/old:1"}));
}

TEST_F(Stored, RemovingTheLastNameRemovesTheImage) {
  const StoredImage image = import("docker.io/library/a:1", "a");
  const std::string layer = layer_of(image);
  ASSERT_TRUE(store_.tag(image.id, "docker.io/library/b:1").ok());
  ASSERT_TRUE(store_.remove("docker.io/library/a:1", {}).ok());
  EXPECT_TRUE(exists(layer));
  const auto removed = store_.remove("docker.io/library/b:1", {});
  ASSERT_TRUE(removed.ok());
  EXPECT_GT(removed->bytes, 0U);
  EXPECT_FALSE(exists(layer));
  EXPECT_TRUE(names_below(store_.root() + "/blobs/sha256").empty());
  EXPECT_FALSE(store_.remove("docker.io/library/b:1", {}).ok());
}

TEST_F(Stored, WhatAStackUsesLosesItsNameOnly) {
  const StoredImage image = import("docker.io/library/a:1", "a");
  const std::string layer = layer_of(image);
  ASSERT_TRUE(store_.remove("docker.io/library/a:1", {image.id}).ok());
  EXPECT_TRUE(exists(layer));
  EXPECT_EQ(names(), Names{""});
  ASSERT_TRUE(store_.prune(PruneScope::unused, {image.id}).ok());
  EXPECT_TRUE(exists(layer));
  ASSERT_TRUE(store_.prune(PruneScope::nameless, {}).ok());
  EXPECT_FALSE(exists(layer));
}

TEST_F(Stored, PruneTakesTheNamelessOrAllThatIsUnused) {
  import("docker.io/library/a:1", "old");
  import("docker.io/library/a:1", "new");
  const StoredImage used = import("docker.io/library/b:1", "b");
  ASSERT_TRUE(store_.prune(PruneScope::nameless, {}).ok());
  EXPECT_EQ(names(), (Names{"docker.io/library/a:1", "docker.io/library/b:1"}));
  ASSERT_TRUE(store_.prune(PruneScope::unused, {used.id}).ok());
  EXPECT_EQ(names(), Names{"docker.io/library/b:1"});
  EXPECT_TRUE(store_.resolve(*store_.find(used.id)).ok());
}

TEST_F(Stored, ALayerInUseStaysThoughNoImageHasIt) {
  const StoredImage image = import("docker.io/library/a:1", "a");
  const auto layers = store_.resolve(image)->image.layers;
  ASSERT_TRUE(store_.remove(image.name, {layers[0]}).ok());
  EXPECT_TRUE(exists(store_.layer_path(layers[0])));
}

TEST_F(Stored, LeftoversOfACrashGoWithTheNextChange) {
  home_.write("store/layers/.new-" + std::string(64, 'a') + "/layer/half", "x");
  home_.write("store/layers/.old-" + std::string(64, 'b') + "/half", "x");
  home_.write("store/pulls/.done-" + std::string(64, 'c') + "/blobs/sha256/x", "x");
  home_.write("store/layers/.new-busy/layer/half", "x");
  const int busy = ::open((home_ / "store/layers/.new-busy").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(busy, LOCK_EX), 0);
  import("docker.io/library/a:1", "a");
  EXPECT_TRUE(exists(home_ / "store/layers/.new-busy/layer/half")) << "somebody works in it";
  ::close(busy);
  import("docker.io/library/a:1", "b");
  expect_no_leftovers();
}

TEST_F(Stored, HalfALayerIsNeverTakenForOne) {
  const std::string tar = tar_of({file("content", "a")});
  home_.write("store/layers/.new-" + hex_of(digest_of(tar)) + "/layer/half", "x");
  layout_.add_image("v1", {tar});
  const auto image = pull_tag("v1");
  ASSERT_TRUE(image.ok()) << image.error().words;
  EXPECT_EQ(names_below(store_.layer_path(digest_of(tar))), std::set<std::string>{"content"});
}

TEST_F(Stored, ADamagedConfigIsNotBelieved) {
  const StoredImage image = import("docker.io/library/a:1", "a");
  std::ofstream(store_.blob_path(image.id), std::ios::app) << " ";
  const auto resolved = store_.resolve(image);
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().code, EBADMSG);
}

TEST_F(Stored, IsAnImageLayoutThatOthersRead) {
  const StoredImage image = import("docker.io/library/a:1", "a");
  const auto index = nlohmann::json::parse(content_of(store_.root() + "/index.json"));
  EXPECT_EQ(index["manifests"][0]["digest"], image.manifest);
  EXPECT_EQ(index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"],
            "docker.io/library/a:1");
  EXPECT_TRUE(exists(store_.root() + "/oci-layout"));
  EXPECT_EQ(stat_of(store_.root()).st_mode & 0777U, 0700U);
}

}  // namespace
}  // namespace stack::test
