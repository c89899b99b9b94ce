#include "core/images/pull.h"

#include <poll.h>
#include <sys/inotify.h>

#include <thread>

#include "tests/unit/images/live_store.h"

namespace stack::test {
namespace {

class Pull : public LiveStore {};

TEST_F(Pull, BringsAnImageOnceAndUnpacksItsLayers) {
  const MadeImage made =
      layout_.add_image("v1", {tar_of({file("a", "1")}), tar_of({file("b", "2")})}, {{"Cmd", {"run"}}});
  const auto first = pull_tag("v1");
  ASSERT_TRUE(first.ok()) << first.error().words;
  EXPECT_TRUE(first->moved);
  EXPECT_EQ(first->image.id, made.config);
  EXPECT_EQ(first->image.layers, made.diff_ids);
  EXPECT_EQ(first->config.cmd, std::vector<std::string>{"run"});
  EXPECT_EQ(content_of(store_.layer_path(made.diff_ids[1]) + "/b"), "2");
  const auto again = pull_tag("v1");
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->moved);
  EXPECT_EQ(again->image, first->image);
  expect_no_leftovers();
}

TEST_F(Pull, KeepsDockersManifestsAsTheyAre) {
  layout_.speak_docker();
  const MadeImage made =
      layout_.add_image("", {tar_of({file("a", "1")})}, {{"Healthcheck", {{"Test", {"CMD", "check"}}}}});
  const auto image = pull_tag("");
  ASSERT_TRUE(image.ok()) << image.error().words;
  EXPECT_EQ(image->image.id, made.config);
  EXPECT_EQ(image->config.healthcheck->test, std::vector<std::string>{"check"});
  EXPECT_EQ(store_.list()->at(0).manifest, made.manifest);
}

TEST_F(Pull, SeesThatASourceOnThisMachineHasChanged) {
  layout_.add_image("v1", {tar_of({file("a", "1")})});
  ASSERT_TRUE(pull_tag("v1").ok());
  std::filesystem::remove_all(layout_.path());
  ASSERT_TRUE(pull_tag("v1").ok()) << "what is gone is not asked for";
  Layout next(layout_.path());
  const MadeImage made = next.add_image("v1", {tar_of({file("a", "2")})});
  const auto image = pull_tag("v1");
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(image->image.id, made.config);
}

TEST_F(Pull, NeverIsNever) {
  layout_.add_image("v1", {tar_of({file("a", "1")})});
  for (const PullPolicy::Kind kind : {PullPolicy::Kind::never, PullPolicy::Kind::build}) {
    const auto image = pull_tag("v1", kind);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ENOENT);
  }
  ASSERT_TRUE(pull_tag("v1").ok());
  EXPECT_TRUE(pull_tag("v1", PullPolicy::Kind::never).ok());
}

TEST_F(Pull, UnpacksAgainFromTheBlobsWithoutTheSource) {
  const MadeImage made = layout_.add_image("v1", {tar_of({file("a", "1")})});
  ASSERT_TRUE(pull_tag("v1").ok());
  std::filesystem::remove_all(layout_.path());
  std::filesystem::remove_all(store_.layer_path(made.diff_ids[0]));
  ImageRef image = ref("v1");
  EXPECT_NE(store_.resolve(image).error().words.find("is gone"), std::string::npos);
  ASSERT_TRUE(pull_tag("v1").ok());
  EXPECT_TRUE(store_.resolve(image).ok());
}

TEST_F(Pull, GoesOnWithTheBlobsThatAKilledOneHasBrought) {
  const MadeImage made = layout_.add_image("v1", {tar_of({file("a", "1")}), tar_of({file("b", "2")})});
  const std::string pull = store_.pull_path("oci:" + layout_.path() + ":v1", "linux/amd64");
  std::filesystem::create_directories(pull + "/blobs/sha256");
  std::filesystem::copy(layout_.blob_path(made.layers[0]), pull + "/blobs/sha256/" + hex_of(made.layers[0]));
  std::ofstream(pull + "/oci-put-blob123") << "half a blob";
  // That it is not asked for again is told by that it could not be had.
  std::filesystem::remove(layout_.blob_path(made.layers[0]));
  const auto image = pull_tag("v1");
  ASSERT_TRUE(image.ok()) << image.error().words;
  expect_no_leftovers();
}

TEST_F(Pull, TakesWhatAnotherImageHasBrought) {
  const std::string base = tar_of({file("base", "1")});
  layout_.add_image("v1", {base});
  ASSERT_TRUE(pull_tag("v1").ok());
  layout_.add_image("v2", {base, tar_of({file("b", "2")})});
  std::filesystem::remove(layout_.blob_path(digest_of(base)));
  const auto image = pull_tag("v2");
  ASSERT_TRUE(image.ok()) << image.error().words;
  EXPECT_EQ(image->image.layers.size(), 2U);
}

TEST_F(Pull, ALayerThatIsNotWhatTheConfigSaysIsRefused) {
  const std::string tar = tar_of({file("a", "1")});
  layout_.add_image("v1", {tar}, {}, {digest_of("another")});
  const auto image = pull_tag("v1");
  ASSERT_FALSE(image.ok());
  EXPECT_NE(image.error().words.find("diff id"), std::string::npos) << image.error().words;
  EXPECT_TRUE(store_.list()->empty());
  for (const auto& entry : std::filesystem::directory_iterator(store_.root() + "/layers"))
    ADD_FAILURE() << entry.path();
}

// Two layers are unpacked at a time, so one of the good ones at least is there before the bad one is looked
// at.
TEST_F(Pull, ARefusedImageLeavesNoLayerThatOnlyItHas) {
  const std::string shared = tar_of({file("shared", "1")});
  const MadeImage good = layout_.add_image("good", {shared});
  ASSERT_TRUE(pull_tag("good").ok());
  const std::vector<std::string> tars{shared, tar_of({file("a", "1")}), tar_of({file("b", "1")}),
                                      tar_of({file("c", "1")})};
  std::vector<std::string> diff_ids;
  for (const std::string& tar : tars) diff_ids.push_back(digest_of(tar));
  diff_ids.back() = digest_of("something else");
  layout_.add_image("refused", tars, {}, diff_ids);
  EXPECT_FALSE(pull_tag("refused").ok());
  const std::string kept = hex_of(good.diff_ids[0]);
  EXPECT_EQ(names_below(store_.root() + "/layers"), (std::set<std::string>{kept, kept + "/shared"}));
  expect_no_leftovers();
}

TEST_F(Pull, AnImageCannotClaimAnothersLayer) {
  const MadeImage secret = layout_.add_image("secret", {tar_of({file("key", "secret")})});
  ASSERT_TRUE(pull_tag("secret").ok());
  layout_.add_image("thief", {tar_of({file("a", "1")})}, {}, secret.diff_ids);
  const auto image = pull_tag("thief");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().code, EBADMSG);
  EXPECT_TRUE(pull_tag("secret").ok());
}

TEST_F(Pull, ALayerWithMoreThanItsDigestSaysIsRefused) {
  const MadeImage made = layout_.add_image("v1", {tar_of({file("a", "1")})});
  std::ofstream(layout_.blob_path(made.layers[0]), std::ios::app) << "more";
  EXPECT_FALSE(pull_tag("v1").ok());
  // One that was damaged on this disk is brought again.
  const MadeImage other = layout_.add_image("v2", {tar_of({file("b", "1")})});
  const std::string pull = store_.pull_path("oci:" + layout_.path() + ":v2", "linux/amd64");
  std::filesystem::create_directories(pull + "/blobs/sha256");
  std::ofstream(pull + "/blobs/sha256/" + hex_of(other.layers[0])) << "damaged";
  EXPECT_FALSE(pull_tag("v2").ok());
  const auto again = pull_tag("v2");
  EXPECT_TRUE(again.ok()) << again.error().words;
}

TEST_F(Pull, HasEachLayerOnceForTheKernel) {
  const std::string empty = tar_of({});
  const std::string a = tar_of({file("a", "1")});
  layout_.add_image("v1", {empty, a, empty});
  const auto image = pull_tag("v1");
  ASSERT_TRUE(image.ok()) << image.error().words;
  EXPECT_EQ(image->image.layers, (std::vector<std::string>{digest_of(a), digest_of(empty)}));
}

TEST_F(Pull, TwoAtOnceBringItOnce) {
  layout_.add_image("v1", {tar_of({file("a", std::string(1 << 20, 'x'))})});
  std::array<bool, 4> moved{};
  std::array<bool, 4> good{};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < moved.size(); ++i)
      threads.emplace_back([&, i] {
        const auto image = pull_tag("v1");
        good[i] = image.ok();
        moved[i] = image.ok() && image->moved;
      });
  }
  EXPECT_EQ(std::count(good.begin(), good.end(), true), 4);
  EXPECT_EQ(std::count(moved.begin(), moved.end(), true), 1);
  expect_no_leftovers();
}

TEST_F(Pull, OfOneWithoutSkopeoSaysWhatToInstall) {
  layout_.add_image("v1", {tar_of({file("a", "1")})});
  ::setenv("PATH", "/nowhere", 1);
  const auto image = pull_tag("v1");
  ASSERT_FALSE(image.ok());
  EXPECT_NE(image.error().words.find("apt install skopeo"), std::string::npos) << image.error().words;
}

TEST_F(Pull, AStopEndsSkopeoAtOnce) {
  layout_.add_image("v1", {tar_of({file("a", "1")})});
  const std::string started = home_.write("started/no", "") + "w";
  replace_skopeo("#!/bin/sh\n: > " + started + "\nexec /bin/sleep 1000\n");
  const int notices = ::inotify_init1(IN_CLOEXEC);
  ::inotify_add_watch(notices, (home_ / "started").c_str(), IN_CREATE);
  std::stop_source stop;
  PullOptions options;
  options.stop = stop.get_token();
  std::optional<Error> error;
  std::jthread puller([&] {
    const auto image = pull(store_, ref("v1"), options);
    if (!image.ok()) error = image.error();
  });
  pollfd came{notices, POLLIN, 0};
  EXPECT_EQ(::poll(&came, 1, 10000), 1);
  ::close(notices);
  stop.request_stop();
  puller.join();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ECANCELED);
}

TEST_F(Pull, ProgressCountsEveryByte) {
  const std::string tar = tar_of({file("a", std::string(100000, 'x'))});
  layout_.add_image("v1", {tar});
  std::vector<PullProgress> told;
  PullOptions options;
  options.progress = [&](const PullProgress& progress) { told.push_back(progress); };
  ASSERT_TRUE(pull(store_, ref("v1"), options).ok());
  ASSERT_GE(told.size(), 3U);
  EXPECT_EQ(told.front().phase, PullPhase::looking);
  EXPECT_EQ(told.back().phase, PullPhase::done);
  const PullProgress& unpacking = told[told.size() - 2];
  EXPECT_EQ(unpacking.phase, PullPhase::unpacking);
  EXPECT_EQ(unpacking.layers.at(0).bytes, tar.size());
  EXPECT_EQ(unpacking.layers.at(0).total, tar.size());
}

TEST_F(Pull, LoadsAnArchiveUnderItsNames) {
  layout_.add_image("v1", {tar_of({file("a", "1")})});
  const std::string archive = home_ / "images.tar";
  const std::string command = "skopeo copy -q oci:" + layout_.path() + ":v1 docker-archive:" + archive +
                              ":redis:7 --additional-tag redis:latest && gzip -k " + archive;
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (const std::string& one : {archive, archive + ".gz"}) {
    Store store(one + ".store");
    const auto images = load(store, one, {});
    ASSERT_TRUE(images.ok()) << images.error().words;
    std::set<std::string> names;
    for (const StoredImage& image : *store.list()) names.insert(image.name);
    EXPECT_EQ(names, (std::set<std::string>{"docker.io/library/redis:7", "docker.io/library/redis:latest"}));
  }
  const auto nothing = load(store_, home_.write("root.tar", tar_of({file("etc/passwd", "")})), {});
  EXPECT_NE(nothing.error().words.find("stack import"), std::string::npos);
}

}  // namespace
}  // namespace stack::test
