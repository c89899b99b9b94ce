// A store of a test's own, and a layout to pull from.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/images/pull.h"
#include "core/images/store.h"
#include "tests/unit/images/layout.h"
#include "tests/unit/images/tar_text.h"
#include "tests/unit/images/temp_folder.h"

namespace stack::test {

class LiveStore : public ::testing::Test {
 protected:
  [[nodiscard]] ImageRef ref(const std::string& tag) const {
    ImageRef image;
    image.kind = ImageRef::Kind::oci;
    image.path = layout_.path();
    image.name = tag;
    return image;
  }
  Result<PulledImage> pull_tag(const std::string& tag, PullPolicy::Kind policy = PullPolicy::Kind::missing) {
    PullOptions options;
    options.policy.kind = policy;
    return pull(store_, ref(tag), options);
  }

  void expect_no_leftovers() const {
    EXPECT_TRUE(names_below(store_.root() + "/pulls").empty());
    for (const auto& entry : std::filesystem::directory_iterator(store_.root() + "/layers"))
      EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path();
  }

  // `skopeo` is this script, until the end of the test.
  void replace_skopeo(const std::string& script) {
    home_.write("bin/skopeo", script);
    ::chmod((home_ / "bin/skopeo").c_str(), 0755);
    ::setenv("PATH", (home_ / "bin").c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  TempFolder home_;
  Layout layout_{home_ / "layout"};
  Store store_{home_ / "store"};
  const std::string path_ = std::getenv("PATH");
};

}  // namespace stack::test
