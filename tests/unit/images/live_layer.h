// A layer unpacked into a folder of its own, with a neighbour that nothing must reach.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/images/unpack.h"
#include "tests/unit/images/tar_text.h"
#include "tests/unit/images/temp_folder.h"

namespace stack::test {

class LiveLayer : public ::testing::Test {
 protected:
  LiveLayer() {
    ::mkdir(root().c_str(), 0755);
    home_.write("outside/victim", "untouched");
  }

  void TearDown() override {
    EXPECT_EQ(content_of(home_ / "outside/victim"), "untouched");
    EXPECT_EQ(names_below(home_ / "outside"), std::set<std::string>{"victim"});
  }

  [[nodiscard]] std::string root() const { return home_ / "layer"; }
  std::string operator/(const std::string& name) const { return root() + "/" + name; }

  Result<UnpackedLayer> unpack_bytes(const std::string& bytes, const LayerDigests& expected = {},
                                     const LayerLimits& limits = {}) {
    return unpack_layer(home_.write("blob", bytes), root(), expected, limits);
  }
  Result<UnpackedLayer> unpack(const std::vector<TarEntry>& entries, TarFormat format = TarFormat::pax,
                               TarFilter filter = TarFilter::none) {
    return unpack_bytes(tar_of(entries, format, filter));
  }

  // It fails, says so, and leaves nothing behind.
  void expect_refused(const Result<UnpackedLayer>& layer, const std::string& words) {
    ASSERT_FALSE(layer.ok());
    EXPECT_NE(layer.error().words.find(words), std::string::npos) << layer.error().words;
    EXPECT_TRUE(names_below(root()).empty());
  }

  TempFolder home_;
};

}  // namespace stack::test
