#include <sys/stat.h>

#include <fstream>

#include "tests/unit/images/live_bundle.h"

namespace stack::test {
namespace {

class Bundle : public LiveBundle {};

TEST_F(Bundle, BringsImagesAndFilesToAnotherMachine) {
  const auto opened = open(make());
  ASSERT_TRUE(opened.ok()) << opened.error().words;
  EXPECT_EQ(etc_of(kImage), "one");
  const std::string place = there_ / "bundles/shop/stack";
  EXPECT_EQ(opened->project, "shop");
  EXPECT_EQ(opened->directory, place + "/app");
  EXPECT_EQ(opened->files, std::vector<std::string>{place + "/app/compose.yaml"});
  EXPECT_EQ(opened->env_files, std::vector<std::string>{place + "/app/.env"});
  EXPECT_EQ(content_of(place + "/app/compose.yaml"), "services: {}\n");
  EXPECT_EQ(content_of(place + "/app/../shared/c.conf"), "config\n");
  EXPECT_EQ(stat_of(place + "/app/.env").st_mode & 0777, 0600U);
  EXPECT_EQ(other_.entry(kImage, "")->value().digest, image_.digest);
  EXPECT_EQ(other_.entry(kImage, "")->value().id, image_.id);
}

TEST_F(Bundle, LeavesNothingBesideWhatItBrings) {
  const std::string path = make();
  ASSERT_TRUE(open(path).ok());
  ASSERT_TRUE(open(path).ok());
  EXPECT_TRUE(names_below(there_ / "store/pulls").empty());
  EXPECT_EQ(other_.list()->size(), 1U);
  for (const auto& entry : std::filesystem::directory_iterator(there_ / "bundles"))
    EXPECT_EQ(entry.path().filename(), "shop");
}

TEST_F(Bundle, IsTheSameForTheSameStack) {
  EXPECT_EQ(content_of(make(contents(), "a.stack")), content_of(make(contents(), "b.stack")));
}

TEST_F(Bundle, IsForItsOwnerAloneAndReplacedWhole) {
  here_.write("app.stack", "the last one");
  ::chmod((here_ / "app.stack").c_str(), 0666);
  const std::string path = make();
  EXPECT_EQ(stat_of(path).st_mode & 0777, 0600U);
  EXPECT_TRUE(is_bundle(path));
  for (const auto& entry : std::filesystem::directory_iterator(here_.path()))
    EXPECT_EQ(entry.path().string().find(".new-"), std::string::npos) << entry.path();
}

TEST_F(Bundle, IsNotMadeOfWhatIsNotThere) {
  here_.write("app.stack", "the last one");
  std::filesystem::remove(store_.blob_path(image_.id));
  const auto written = write_bundle(store_, contents(), here_ / "app.stack");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().words.find(kImage), std::string::npos) << written.error().words;
  EXPECT_EQ(content_of(here_ / "app.stack"), "the last one");
}

TEST_F(Bundle, IsNotMadeOfADamagedBlob) {
  const std::string layer = store_.blob_path(digest_of(content_of(here_ / "layer.tar")));
  std::string bytes = content_of(layer);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(layer, std::ios::binary) << bytes;
  const auto written = write_bundle(store_, contents(), here_ / "app.stack");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().words.find("is damaged"), std::string::npos) << written.error().words;
  EXPECT_FALSE(exists(here_ / "app.stack"));
}

TEST_F(Bundle, IsNotMadeWhenInterrupted) {
  const auto written = write_bundle(store_, contents(), here_ / "app.stack", [] { return true; });
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, EINTR);
  EXPECT_EQ(names_below(here_.path()).count("app.stack"), 0U);
}

TEST_F(Bundle, IsKnownByItsNameOrItsFirstBytes) {
  const std::string path = make();
  std::filesystem::copy(path, here_ / "renamed");
  EXPECT_TRUE(is_bundle(here_ / "renamed"));
  EXPECT_TRUE(is_bundle(here_.write("empty.stack", "")));
  EXPECT_FALSE(is_bundle(here_.write("web", "no bundle")));
  EXPECT_FALSE(is_bundle(here_ / "nothing.stack"));
  EXPECT_FALSE(is_bundle(here_.path()));
}

TEST_F(Bundle, IsRefusedWithAnyByteFlipped) {
  const std::string path = make();
  const std::string bytes = content_of(path);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] ^= 1;
    std::ofstream(path, std::ios::binary) << flipped;
    ASSERT_FALSE(open(path).ok()) << "byte " << at;
  }
  expect_refused(path, "damaged");
}

TEST_F(Bundle, IsRefusedWhenCutAnywhere) {
  const std::string path = make();
  const std::string bytes = content_of(path);
  for (std::size_t size = bytes.size() - 1; size > 0; --size) {
    std::filesystem::resize_file(path, size);
    ASSERT_FALSE(open(path).ok()) << "cut at " << size;
  }
  expect_refused(path, "no bundle");
}

TEST_F(Bundle, IsRefusedWithMoreBehindIt) {
  const std::string path = make();
  std::ofstream(path, std::ios::binary | std::ios::app) << std::string(512, '\0');
  expect_refused(path, "damaged");
}

TEST_F(Bundle, IsNoOtherFile) {
  expect_refused(here_.write("a.stack", std::string(8192, 'x')), "no bundle");
  expect_refused(here_.write("b.stack", tar_of({file("etc/of", "one")})), "no bundle");
  ::mkfifo((here_ / "c.stack").c_str(), 0600);
  expect_refused(here_ / "c.stack", "no regular file");
}

TEST_F(Bundle, OfAnotherMachinesKindIsRefused) {
  BundleContents other = contents();
  other.manifest.images[0].platform = "linux/s390x";
  expect_refused(make(other), "it is for linux/s390x, this machine is");
  other.manifest.images[0].own_platform = true;
  EXPECT_TRUE(open(make(other)).ok());
}

TEST_F(Bundle, TakesAnotherProjectName) {
  OpenOptions named = options();
  named.project = "kiosk";
  const auto opened = open(make(), named);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->directory, there_ / "bundles/kiosk/stack/app");
  named.project = "../kiosk";
  EXPECT_FALSE(open(make(), named).ok());
}

TEST_F(Bundle, KnowsAnImageOfARelativePathByItsNewPlace) {
  BundleContents local = contents();
  BundledImage& image = local.manifest.images[0];
  image.ref.kind = ImageRef::Kind::oci;
  image.ref.path = "/srv/app/images";
  image.ref.name = "tag";
  image.below = "app/images";
  ASSERT_TRUE(open(make(local)).ok());
  EXPECT_EQ(etc_of("oci:" + (there_ / "bundles/shop/stack/app/images:tag")), "one");
  EXPECT_EQ(etc_of("oci:/srv/app/images:tag"), "one");
}

TEST_F(Bundle, KeepsNamesThatNeedMoreThanATarHeader) {
  BundleContents odd = contents();
  const std::string name = "app/gr\u00fc\u00dfe/" + std::string(200, 'x') + "/" + std::string(120, 'y');
  odd.files.push_back({name, "odd"});
  const auto opened = open(make(odd));
  ASSERT_TRUE(opened.ok()) << opened.error().words;
  EXPECT_EQ(content_of(there_ / ("bundles/shop/stack/" + name)), "odd");
}

TEST_F(Bundle, ReplacesTheLastOneButNotWhatOthersPutThere) {
  ASSERT_TRUE(open(make()).ok());
  const std::string stack = "bundles/shop/stack/";
  there_.write(stack + "app/data/rows", "of a bind");
  there_.write(stack + "app/secret.txt", "hush");
  BundleContents next = contents();
  next.files = {{"app/compose.yaml", "new\n"}, {"app/.env", "A=2\n"}, {"app/data/seed", "seed\n"}};
  ASSERT_TRUE(open(make(next)).ok());
  EXPECT_EQ(content_of(there_ / (stack + "app/compose.yaml")), "new\n");
  EXPECT_EQ(content_of(there_ / (stack + "app/data/rows")), "of a bind");
  EXPECT_EQ(content_of(there_ / (stack + "app/data/seed")), "seed\n");
  EXPECT_EQ(content_of(there_ / (stack + "app/secret.txt")), "hush");
  EXPECT_FALSE(exists(there_ / (stack + "shared"))) << "what the last one brought is gone";
  EXPECT_EQ(names_below(there_ / "bundles").count(".ready-shop"), 0U);
}

TEST_F(Bundle, TakesOverWhatWasThereBeforeTheFirst) {
  there_.write("bundles/shop/stack/app/secret.txt", "hush");
  ASSERT_TRUE(open(make()).ok());
  EXPECT_EQ(content_of(there_ / "bundles/shop/stack/app/secret.txt"), "hush");
}

TEST_F(Bundle, FinishesWhatACrashHasLeft) {
  ASSERT_TRUE(open(make()).ok());
  // Killed between the exchange and the move, and another one while it wrote.
  std::filesystem::copy(there_ / "bundles/shop", there_ / "bundles/.ready-shop",
                        std::filesystem::copy_options::recursive);
  there_.write("bundles/.ready-shop/stack/app/data/rows", "of a bind");
  there_.write("bundles/.new-shop/stack/app/half", "half");
  ASSERT_TRUE(open(make()).ok());
  EXPECT_EQ(content_of(there_ / "bundles/shop/stack/app/data/rows"), "of a bind");
  EXPECT_FALSE(exists(there_ / "bundles/shop/stack/app/half"));
  EXPECT_FALSE(exists(there_ / "bundles/.ready-shop"));
  EXPECT_FALSE(exists(there_ / "bundles/.new-shop"));
}

TEST_F(Bundle, IsForgottenWithoutWhatOthersPutThere) {
  ASSERT_TRUE(open(make()).ok());
  there_.write("bundles/shop/stack/app/data/rows", "of a bind");
  ASSERT_TRUE(forget_bundle(there_ / "bundles", "shop").ok());
  EXPECT_EQ(content_of(there_ / "bundles/shop/stack/app/data/rows"), "of a bind");
  EXPECT_FALSE(exists(there_ / "bundles/shop/stack/app/.env"));
  std::filesystem::remove_all(there_ / "bundles/shop");
  ASSERT_TRUE(open(make()).ok());
  ASSERT_TRUE(forget_bundle(there_ / "bundles", "shop").ok());
  EXPECT_FALSE(exists(there_ / "bundles"));
  EXPECT_TRUE(forget_bundle(there_ / "bundles", "shop").ok());
}

}  // namespace
}  // namespace stack::test
