// What an `up` leaves alone because no active profile takes it in.
#include "core/reconcile/inactive.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

ServiceSpec service(const std::string& name, const std::map<std::string, Dependency>& depends_on = {}) {
  ServiceSpec spec;
  spec.name = name;
  spec.depends_on = depends_on;
  return spec;
}

Dependency implicit() {
  Dependency dependency;
  dependency.implicit = true;
  return dependency;
}

StackSpec stack_of(const std::vector<ServiceSpec>& services, const std::vector<std::string>& inactive = {}) {
  StackSpec spec;
  for (const ServiceSpec& one : services) spec.services[one.name] = one;
  for (const std::string& name : inactive) spec.inactive[name] = {"p"};
  return spec;
}

std::vector<std::string> names(const StackSpec& spec) {
  std::vector<std::string> all;
  for (const auto& [name, one] : spec.services) all.push_back(name);
  return all;
}

using Words = std::vector<std::string>;

TEST(Inactive, ServicesStayAsTheyWere) {
  const StackSpec before = stack_of({service("web"), service("debug"), service("gone")});
  StackSpec now = stack_of({service("web")}, {"debug", "never"});
  keep_inactive(before, now);
  EXPECT_EQ(names(now), (Words{"debug", "web"}));
  EXPECT_TRUE(is_left_alone(now, "debug"));
  EXPECT_FALSE(is_left_alone(now, "web"));
}

TEST(Inactive, ServicesKeepWhatTheyUse) {
  StackSpec before = stack_of({service("debug")});
  ServiceSpec& debug = before.services["debug"];
  debug.networks["back"] = {};
  debug.configs.emplace_back().source = "c";
  debug.secrets.emplace_back().source = "s";
  Mount mount;
  mount.type = Mount::Type::volume;
  mount.source = "shop_data";
  debug.mounts = {mount};
  before.networks["back"].name = before.networks["front"].name = "x";
  before.volumes["data"].name = "shop_data";
  before.volumes["other"].name = "shop_other";
  before.configs["c"].name = before.configs["d"].name = "x";
  before.secrets["s"].name = "x";
  StackSpec now = stack_of({}, {"debug"});
  keep_inactive(before, now);
  EXPECT_EQ(now.networks.size(), 1U);
  EXPECT_TRUE(now.networks.contains("back"));
  EXPECT_EQ(now.volumes.size(), 1U);
  EXPECT_TRUE(now.volumes.contains("data"));
  EXPECT_EQ(now.configs.size(), 1U);
  EXPECT_EQ(now.secrets.size(), 1U);
}

TEST(Inactive, WhoLivesInANamespaceOfOneThatIsGoneGoesToo) {
  const StackSpec before =
      stack_of({service("owner"), service("guest", {{"owner", implicit()}}),
                service("its", {{"guest", implicit()}}), service("user", {{"owner", {}}})});
  StackSpec now = stack_of({}, {"guest", "its", "user"});
  keep_inactive(before, now);
  EXPECT_EQ(names(now), Words{"user"});
  EXPECT_TRUE(now.services["user"].depends_on.empty());
}

}  // namespace
}  // namespace stack
