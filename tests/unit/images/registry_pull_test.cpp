// What a registry serves, played by a script in skopeo's place that hands on to the real one.
#include "core/images/pull.h"
#include "tests/unit/images/live_store.h"

namespace stack::test {
namespace {

class RegistryPull : public LiveStore {
 protected:
  void SetUp() override {
    amd_ = layout_.add_image("amd", {tar_of({file("arch", "amd64")})});
    arm_ = layout_.add_image("arm", {tar_of({file("arch", "arm64")})}, {}, {}, "arm64");
    home_.write("index.json",
                Layout::Json{{"schemaVersion", 2},
                             {"manifests", {descriptor(amd_, "amd64"), descriptor(arm_, "arm64")}}}
                    .dump());
    serve();
  }

  static Layout::Json descriptor(const MadeImage& image, const char* architecture) {
    return {{"mediaType", "application/vnd.oci.image.manifest.v1+json"},
            {"digest", image.manifest},
            {"size", 1},
            {"platform", {{"os", "linux"}, {"architecture", architecture}}}};
  }

  void serve() {
    replace_skopeo("#!/bin/bash\necho \"$*\" >> " + (home_ / "asked") +
                   "\nfor word; do case $word in"
                   "\n*@" +
                   amd_.manifest + ") word=oci:" + layout_.path() +
                   ":amd;;"
                   "\n*@" +
                   arm_.manifest + ") word=oci:" + layout_.path() +
                   ":arm;;"
                   "\ndocker:*) exec /bin/cat " +
                   (home_ / "index.json") +
                   ";;"
                   "\nesac; words+=(\"$word\"); done\nexec /usr/bin/skopeo \"${words[@]}\"\n");
  }
  void fail(const std::string& words) {
    replace_skopeo("#!/bin/sh\necho 'level=fatal msg=\"" + words + "\"' >&2\nexit 1\n");
  }

  Result<PulledImage> pull_app(PullPolicy policy = {}, const std::string& platform = "linux/amd64") {
    ImageRef app;
    app.kind = ImageRef::Kind::registry;
    app.name = "registry.test/app:1";
    PullOptions options;
    options.policy = policy;
    options.platform = platform;
    return pull(store_, app, options);
  }

  MadeImage amd_, arm_;
};

TEST_F(RegistryPull, TakesTheImageOfThePlatformAndKeepsBothApart) {
  const auto amd = pull_app();
  ASSERT_TRUE(amd.ok()) << amd.error().words;
  EXPECT_EQ(amd->image.id, amd_.config);
  const auto arm = pull_app({}, "linux/arm64/v8");
  ASSERT_TRUE(arm.ok()) << arm.error().words;
  EXPECT_EQ(arm->image.id, arm_.config);
  EXPECT_EQ(pull_app()->image.id, amd_.config);
  const auto riscv = pull_app({}, "linux/riscv64");
  ASSERT_FALSE(riscv.ok());
  EXPECT_NE(riscv.error().words.find("there are linux/amd64, linux/arm64"), std::string::npos)
      << riscv.error().words;
}

TEST_F(RegistryPull, AsksForOneLookOnlyWhereNothingHasChanged) {
  ASSERT_TRUE(pull_app().ok());
  std::filesystem::remove(home_ / "asked");
  ASSERT_TRUE(pull_app().ok());
  EXPECT_FALSE(exists(home_ / "asked")) << "missing: it is here";
  const auto looked = pull_app({PullPolicy::Kind::always, {}});
  ASSERT_TRUE(looked.ok());
  EXPECT_FALSE(looked->moved);
  const std::string asked = content_of(home_ / "asked");
  EXPECT_EQ(std::count(asked.begin(), asked.end(), '\n'), 1) << asked;
}

TEST_F(RegistryPull, ADailyLookThatFindsNoNetworkGoesOnWithWhatIsHere) {
  ASSERT_TRUE(pull_app().ok());
  fail("pinging container registry registry.test: dial tcp: lookup registry.test: no such host");
  const auto old = pull_app({PullPolicy::Kind::every, Nanoseconds(-std::chrono::hours(1))});
  ASSERT_TRUE(old.ok()) << old.error().words;
  EXPECT_NE(old->note.find("going on"), std::string::npos);
  EXPECT_TRUE(pull_app({PullPolicy::Kind::every, std::chrono::hours(1)}).ok()) << "not old yet";
  const auto always = pull_app({PullPolicy::Kind::always, {}});
  ASSERT_FALSE(always.ok());
  EXPECT_EQ(always.error().code, ENETUNREACH);
}

TEST_F(RegistryPull, AnUnknownImageLeavesNothing) {
  fail("reading manifest 1 in registry.test/app: manifest unknown");
  const auto image = pull_app();
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().code, ENOENT);
  expect_no_leftovers();
}

TEST_F(RegistryPull, AManifestThatIsNotWhatTheIndexSaysIsRefused) {
  std::ofstream(layout_.blob_path(amd_.manifest), std::ios::app) << " ";
  EXPECT_FALSE(pull_app().ok());
}

TEST_F(RegistryPull, NamesNeverBecomeOptions) {
  ImageRef app;
  app.kind = ImageRef::Kind::registry;
  app.name = "--help";
  PullOptions options;
  replace_skopeo("#!/bin/sh\necho \"$*\" > " + (home_ / "asked") + "\nexit 1\n");
  EXPECT_FALSE(pull(store_, app, options).ok());
  EXPECT_NE(content_of(home_ / "asked").find("-- docker://--help"), std::string::npos)
      << content_of(home_ / "asked");
}

}  // namespace
}  // namespace stack::test
