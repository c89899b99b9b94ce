#include "core/reconcile/in_use.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "core/reconcile/history.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/record.h"
#include "core/reconcile/state_files.h"
#include "core/sys/files.h"
#include "specs/canonical.h"

namespace stack {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

ImageRef image(const std::string& id, const Strings& layers = {}) {
  ImageRef ref;
  ref.kind = ImageRef::Kind::registry;
  ref.name = "docker.io/library/redis:7";
  ref.id = id;
  ref.layers = layers;
  return ref;
}

Mount volume(const std::string& source, const std::string& target) {
  Mount mount;
  mount.type = Mount::Type::volume;
  mount.source = source;
  mount.target = target;
  return mount;
}

class UsedByStacks : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/in-use-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  [[nodiscard]] Paths paths(const std::string& project) const {
    Paths paths(project);
    paths.lib = root_ + "/lib/" + project;
    paths.run = root_ + "/run/" + project;
    return paths;
  }
  void save(const std::string& project, const ServiceSpec& service) const {
    Intent intent;
    intent.spec.name = project;
    intent.spec.services[service.name] = service;
    const auto saved = save_intent(paths(project), intent_text(intent, to_wire(intent.spec)));
    ASSERT_TRUE(saved) << saved.error().words;
  }
  void run(const std::string& project, const ServiceSpec& service) const {
    ASSERT_TRUE(make_folders(paths(project).records(), 0700));
    ContainerRecord record;
    record.service = service.name;
    record.state = ContainerState::running;
    record.keys = recreate_keys(service);
    ASSERT_TRUE(StateFiles(paths(project)).keep(record));
  }
  [[nodiscard]] Result<InUse> used() const { return used_by_stacks(root_ + "/lib", root_ + "/run"); }

  static ServiceSpec service(const std::string& name, const ImageRef& image) {
    ServiceSpec service;
    service.name = name;
    service.image = image;
    return service;
  }

  std::string root_;
};

TEST_F(UsedByStacks, IsNothingWhereNoStackWasEver) {
  const auto nothing = used();
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->images.empty());
  EXPECT_TRUE(nothing->volumes.empty());
}

TEST_F(UsedByStacks, NamesImagesAndVolumesOfEveryStack) {
  ServiceSpec web = service("web", image("sha256:a", {"sha256:1", "sha256:2"}));
  web.mounts = {volume("shop_db", "/db"), volume("", "/anonymous")};
  Mount data;
  data.type = Mount::Type::image;
  data.image = image("sha256:b", {"sha256:3"});
  data.target = "/data";
  web.mounts.push_back(data);
  save("shop", web);
  ServiceSpec other = service("a", image("sha256:a", {"sha256:1", "sha256:2"}));
  other.mounts = {volume("shop_db", "/x"), volume("shop_db", "/y")};
  save("other", other);
  const auto found = used();
  ASSERT_TRUE(found) << found.error().words;
  EXPECT_EQ(found->images,
            (std::set<std::string>{"sha256:1", "sha256:2", "sha256:3", "sha256:a", "sha256:b"}));
  EXPECT_EQ(found->image_users.at("sha256:a"), (Strings{"other: a", "shop: web"}));
  EXPECT_EQ(found->volumes.at("shop_db"), (Strings{"other: a", "shop: web"}));
  EXPECT_EQ(found->volumes.size(), 2u);
  EXPECT_TRUE(found->volumes.rbegin()->first.starts_with("shop_web_"));
}

TEST_F(UsedByStacks, SeesNoStackInOtherFolders) {
  for (const char* folder : {"/lib/.images/x", "/lib/host-skeleton/etc"})
    fs::create_directories(root_ + folder);
  ASSERT_TRUE(replace_file(root_ + "/lib/.images/intent.json", "none", 0600, Durability::none));
  ASSERT_TRUE(replace_file(root_ + "/lib/file", "none", 0600, Durability::none));
  EXPECT_TRUE(used());
}

TEST_F(UsedByStacks, IsNotKnownWhereAnIntentIsDamagedThoughThereIsAnOlderOne) {
  save("shop", service("web", image("sha256:a")));
  const std::string good = *read_file(paths("shop").intent());
  for (const bool with_older : {false, true}) {
    if (with_older) save("shop", service("web", image("sha256:b")));
    ASSERT_TRUE(replace_file(paths("shop").intent(), good + "x", 0600, Durability::none));
    const auto unknown = used();
    ASSERT_FALSE(unknown) << with_older;
    EXPECT_NE(unknown.error().words.find("shop"), std::string::npos);
    EXPECT_EQ(unknown.error().words.find('\n'), std::string::npos);
  }
}

TEST_F(UsedByStacks, KeepsWhatAContainerStillRunsByUntilItIsReplaced) {
  const ServiceSpec before = service("web", image("sha256:old", {"sha256:1"}));
  save("shop", before);
  run("shop", before);
  ServiceSpec now = service("web", image("sha256:new", {"sha256:2"}));
  now.environment["changed"] = "yes";
  save("shop", now);
  EXPECT_EQ(used()->images, (std::set<std::string>{"sha256:1", "sha256:2", "sha256:new", "sha256:old"}));
  run("shop", now);
  EXPECT_EQ(used()->images, (std::set<std::string>{"sha256:2", "sha256:new"}));
}

TEST_F(UsedByStacks, KeepsTheImagesThatAFailedUpdateWouldGoBackTo) {
  save("shop", service("web", image("sha256:good")));
  ASSERT_TRUE(keep_in_history(paths("shop"), 1, 1));
  ServiceSpec next = service("web", image("sha256:new"));
  Intent intent;
  intent.spec.name = "shop";
  intent.standing.good = 1;
  for (const auto on_failure : {UpdateConfig::OnFailure::pause, UpdateConfig::OnFailure::roll_back}) {
    next.update_config = UpdateConfig{};
    next.update_config->on_failure = on_failure;
    intent.spec.services["web"] = next;
    ASSERT_TRUE(save_intent(paths("shop"), intent_text(intent, to_wire(intent.spec))));
    const auto found = used();
    ASSERT_TRUE(found) << found.error().words;
    EXPECT_EQ(found->images.contains("sha256:good"), on_failure == UpdateConfig::OnFailure::roll_back);
  }
}

TEST_F(UsedByStacks, IsNotKnownWhileAContainerRunsByAModelThatIsForgotten) {
  ServiceSpec web = service("web", image("sha256:a"));
  save("shop", web);
  run("shop", web);
  for (const char* value : {"1", "2"}) {
    web.environment["changed"] = value;
    save("shop", web);
  }
  EXPECT_FALSE(used());
}

}  // namespace
}  // namespace stack
