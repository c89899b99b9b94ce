#include "cmd/stack/wanted_images.h"

#include <gtest/gtest.h>

#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

ImageRef image(const std::string& name) {
  return *parse_image(name, "/");
}

ServiceSpec service(const std::string& name, const std::string& of, PullPolicy::Kind policy) {
  ServiceSpec service;
  service.name = name;
  service.image = image(of);
  service.pull_policy.kind = policy;
  return service;
}

void mount(ServiceSpec& service, const std::string& of) {
  Mount mount;
  mount.type = Mount::Type::image;
  mount.image = image(of);
  service.mounts.push_back(mount);
}

PullPolicy::Kind policy_of(const WantedImages& wanted, const std::string& of) {
  const auto job = wanted.find({image(of), ""});
  EXPECT_NE(job, wanted.end()) << of;
  return job == wanted.end() ? PullPolicy::Kind::never : job->second.policy.kind;
}

TEST(WantedImages, WhatAServiceBuildsIsNotLookedForElsewhereButWhatItMountsIs) {
  ServiceSpec web = service("web", "web:1", PullPolicy::Kind::missing);
  web.build.emplace();
  mount(web, "data:1");
  WantedImages wanted;
  add_wanted(wanted, web);
  EXPECT_EQ(policy_of(wanted, "web:1"), PullPolicy::Kind::build);
  EXPECT_EQ(policy_of(wanted, "data:1"), PullPolicy::Kind::missing);
  web.pull_policy.kind = PullPolicy::Kind::build;
  wanted.clear();
  add_wanted(wanted, web);
  EXPECT_EQ(policy_of(wanted, "data:1"), PullPolicy::Kind::missing);
}

TEST(WantedImages, AnImageOfSeveralServicesIsOneJob) {
  WantedImages wanted;
  ServiceSpec a = service("a", "x:1", PullPolicy::Kind::always);
  mount(a, "x:1");
  add_wanted(wanted, a);
  ServiceSpec b = service("b", "x:1", PullPolicy::Kind::always);
  b.platform = "linux/arm64";
  add_wanted(wanted, b);
  add_wanted(wanted, service("c", "x:1", PullPolicy::Kind::always));
  ASSERT_EQ(wanted.size(), 2U);
  EXPECT_EQ((wanted[{image("x:1"), ""}].services), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ((wanted[{image("x:1"), "linux/arm64"}].services), std::vector<std::string>{"b"});
}

TEST(WantedImages, WhoBuildsItSettlesItAndWhoNeverPullsDoesNotForbidIt) {
  ServiceSpec builder = service("z", "x:1", PullPolicy::Kind::missing);
  builder.build.emplace();
  WantedImages wanted;
  add_wanted(wanted, service("a", "x:1", PullPolicy::Kind::always));
  add_wanted(wanted, builder);
  EXPECT_EQ(policy_of(wanted, "x:1"), PullPolicy::Kind::build);
  wanted.clear();
  add_wanted(wanted, service("a", "x:1", PullPolicy::Kind::never));
  add_wanted(wanted, service("b", "x:1", PullPolicy::Kind::missing));
  EXPECT_EQ(policy_of(wanted, "x:1"), PullPolicy::Kind::missing);
}

TEST(WantedImages, AreOfTheStoreOnly) {
  WantedImages wanted;
  add_wanted(wanted, service("a", "host:", PullPolicy::Kind::missing));
  EXPECT_TRUE(wanted.empty());
}

}  // namespace
}  // namespace stack::cmd
