// A store with an image, bundles of it, and another machine's store and folder to open them in.
#pragma once

#include <gtest/gtest.h>

#include "core/images/bundle.h"
#include "core/images/bundle_tar.h"
#include "core/images/digest.h"
#include "core/images/platform.h"
#include "core/images/pull.h"
#include "core/sys/files.h"
#include "tests/unit/images/tar_text.h"
#include "tests/unit/images/temp_folder.h"

namespace stack::test {

inline constexpr const char* kImage = "docker.io/library/one:1";

class LiveBundle : public ::testing::Test {
 protected:
  void SetUp() override {
    here_.write("layer.tar", tar_of({folder("etc"), file("etc/of", "one")}));
    const auto stored = import_rootfs(store_, here_ / "layer.tar", kImage);
    ASSERT_TRUE(stored.ok()) << stored.error().words;
    image_ = *stored;
  }

  [[nodiscard]] BundledImage bundled() const {
    BundledImage image;
    image.ref.kind = ImageRef::Kind::registry;
    image.ref.name = kImage;
    image.platform = canonical_platform(*parse_platform(""));
    image.manifest = image_.manifest;
    image.served = image_.digest;
    return image;
  }

  [[nodiscard]] BundleContents contents() const {
    BundleContents contents;
    contents.manifest.project = "shop";
    contents.manifest.directory = "app";
    contents.manifest.files = {"app/compose.yaml"};
    contents.manifest.env_files = {"app/.env"};
    contents.manifest.images = {bundled()};
    contents.files = {
        {"app/compose.yaml", "services: {}\n"}, {"app/.env", "A=1\n"}, {"shared/c.conf", "config\n"}};
    return contents;
  }

  std::string make(const BundleContents& contents, const std::string& name = "app.stack") {
    const auto written = write_bundle(store_, contents, here_ / name);
    EXPECT_TRUE(written.ok()) << written.error().words;
    return here_ / name;
  }
  std::string make() { return make(contents()); }

  [[nodiscard]] OpenOptions options() const {
    OpenOptions options;
    options.bundles = there_ / "bundles";
    return options;
  }
  Result<OpenedBundle> open(const std::string& path, const OpenOptions& options) {
    return open_bundle(other_, path, options);
  }
  Result<OpenedBundle> open(const std::string& path) { return open(path, options()); }
  // In the other store.
  [[nodiscard]] std::string etc_of(const std::string& name) const {
    const auto entry = other_.entry(name, "");
    if (!entry.ok() || !*entry) return "no image";
    const auto resolved = other_.resolve(**entry);
    return resolved.ok() ? content_of(other_.layer_path(resolved->image.layers.at(0)) + "/etc/of")
                         : "not whole";
  }

  // Refused with those words, and nothing of it has stayed.
  void expect_refused(const std::string& path, const std::string& words, const OpenOptions& options) {
    const auto opened = open(path, options);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().words.find(words), std::string::npos) << opened.error().words;
    EXPECT_NE(opened.error().words.find(path), std::string::npos) << opened.error().words;
    EXPECT_TRUE(other_.list()->empty());
    EXPECT_FALSE(exists(options.bundles));
    for (const std::string& name : names_below(there_.path()))
      EXPECT_TRUE(name == "store" || name == "store/lock" || name == "store/blobs" ||
                  name == "store/blobs/sha256" || name == "store/layers" || name == "store/pulls")
          << name;
  }
  void expect_refused(const std::string& path, const std::string& words) {
    expect_refused(path, words, options());
  }

  TempFolder here_, there_;
  Store store_{here_ / "store"}, other_{there_ / "store"};
  StoredImage image_;
};

// Without the empty blocks that end it.
inline std::string unended(std::string tar) {
  const std::string empty(512, '\0');
  while (tar.ends_with(empty)) tar.resize(tar.size() - empty.size());
  return tar;
}

// A tar with the seal that belongs to it, as only a liar would make it.
inline std::string sealed(const std::string& tar) {
  const std::string content = unended(tar);
  Blake2b sum;
  sum.add(content);
  return content + *seal_of(sum.digest());
}

}  // namespace stack::test
