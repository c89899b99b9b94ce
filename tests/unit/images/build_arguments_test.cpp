#include "core/images/build_arguments.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stack::test {
namespace {

using Texts = std::vector<std::string>;

const BuildFiles kFiles{"/tmp/b/id", "/tmp/b/Containerfile", "stack-build-x"};

ImageBuild plain() {
  ImageBuild build;
  build.name = "docker.io/library/shop-web:latest";
  build.spec.context = "/srv/app";
  return build;
}

Texts arguments_of(const ImageBuild& build) {
  const auto arguments = build_arguments(build, kFiles);
  EXPECT_TRUE(arguments.ok()) << arguments.error().words;
  return arguments.ok() ? *arguments : Texts();
}

// What a change of the plain build adds, in order.
Texts added_by(void (*change)(ImageBuild&)) {
  ImageBuild build = plain();
  change(build);
  const Texts before = arguments_of(plain());
  Texts added;
  for (const std::string& argument : arguments_of(build))
    if (std::find(before.begin(), before.end(), argument) == before.end()) added.push_back(argument);
  return added;
}

TEST(BuildArguments, AreThoseOfAPlainBuild) {
  EXPECT_EQ(arguments_of(plain()),
            Texts({"build", "--layers", "--force-rm", "--format=docker", "--pull=false",
                   "--iidfile=/tmp/b/id", "--tag=docker.io/library/shop-web:latest",
                   "--secret=id=stack-build-x,src=/dev/null", "--", "/srv/app"}));
}

TEST(BuildArguments, SayWhatTheModelSays) {
  struct Case {
    void (*change)(ImageBuild&);
    Texts added;
  };
  const Case cases[] = {
      {[](ImageBuild& b) { b.spec.dockerfile = "/srv/app/Other"; }, {"--file=/srv/app/Other"}},
      {[](ImageBuild& b) { b.spec.dockerfile_inline = "FROM scratch"; }, {"--file=/tmp/b/Containerfile"}},
      {[](ImageBuild& b) {
         b.spec.args = {{"A", "1"}, {"B", "x=y z"}};
       },
       {"--build-arg=A=1", "--build-arg=B=x=y z"}},
      {[](ImageBuild& b) {
         b.spec.labels = {{"org.x", "y"}};
       },
       {"--label=org.x=y"}},
      {[](ImageBuild& b) { b.spec.target = "prod"; }, {"--target=prod"}},
      {[](ImageBuild& b) { b.platform = "linux/arm64"; }, {"--platform=linux/arm64"}},
      {[](ImageBuild& b) { b.spec.tags = {"docker.io/shop/web:2"}; }, {"--tag=docker.io/shop/web:2"}},
      {[](ImageBuild& b) { b.spec.no_cache = true; }, {"--no-cache"}},
      {[](ImageBuild& b) { b.spec.pull = true; }, {"--pull=true"}},
      {[](ImageBuild& b) { b.spec.network = "none"; }, {"--network=none"}},
      {[](ImageBuild& b) { b.spec.shm_size = 1 << 20; }, {"--shm-size=1048576"}},
      {[](ImageBuild& b) {
         b.spec.ulimits = {{"nofile", {1024, -1}}, {"nproc", {5, 6}}};
       },
       {"--ulimit=nofile=1024:-1", "--ulimit=nproc=5:6"}},
      {[](ImageBuild& b) {
         b.spec.ssh = {"default", "k=/home/me/key"};
       },
       {"--ssh=default", "--ssh=k=/home/me/key"}},
      {[](ImageBuild& b) {
         b.spec.extra_hosts = {{"db", {"10.0.0.1", "fd00::1"}}};
       },
       {"--add-host=db:10.0.0.1", "--add-host=db:fd00::1"}},
      {[](ImageBuild& b) {
         b.spec.additional_contexts = {{"base", "docker-image://debian:12"}, {"more", "/srv/more"}};
       },
       {"--build-context=base=docker-image://debian:12", "--build-context=more=/srv/more"}},
      {[](ImageBuild& b) {
         b.secrets = {{"token", "/run/token", ""}, {"word", "", "WORD"}};
       },
       {"--secret=id=token,src=/run/token", "--secret=id=word,env=WORD"}},
  };
  for (const Case& one : cases) EXPECT_EQ(added_by(one.change), one.added);
}

TEST(BuildArguments, NameARepositoryAsTheCache) {
  const std::pair<const char*, const char*> cases[] = {
      {"r.io/shop/cache", "r.io/shop/cache"},
      {"r.io:5000/shop/cache", "r.io:5000/shop/cache"},
      {"r.io:5000/shop/cache:7", "r.io:5000/shop/cache"},
      {"r.io/cache:7@sha256:00", "r.io/cache"},
  };
  for (const auto& [name, repository] : cases) {
    ImageBuild build = plain();
    build.spec.cache_from = build.spec.cache_to = {name};
    const Texts arguments = arguments_of(build);
    for (const char* option : {"--cache-from=", "--cache-to="})
      EXPECT_EQ(std::count(arguments.begin(), arguments.end(), std::string(option) + repository), 1) << name;
  }
}

TEST(BuildArguments, FindADockerfileOfARemoteContextOnlyInThere) {
  ImageBuild build = plain();
  build.spec.context = "https://example.org/app.git#v1";
  build.spec.dockerfile = "docker/Dockerfile";
  const Texts arguments = arguments_of(build);
  EXPECT_NE(std::find(arguments.begin(), arguments.end(), "--file=/not-on-this-machine/../docker/Dockerfile"),
            arguments.end());
  EXPECT_EQ(arguments.back(), "https://example.org/app.git#v1");
}

TEST(BuildArguments, LetNoTextOfTheFileBeAnOption) {
  const std::string evil = "--isolation=chroot";
  ImageBuild build = plain();
  BuildSpec& spec = build.spec;
  build.name = build.platform = evil;
  spec.context = spec.dockerfile = spec.target = spec.network = evil;
  spec.args = spec.labels = spec.additional_contexts = {{evil, evil}};
  spec.ssh = spec.cache_from = spec.cache_to = spec.tags = {evil};
  spec.extra_hosts = {{evil, {evil}}};
  build.secrets = {{evil, evil, ""}, {evil, "", evil}};
  const Texts arguments = arguments_of(build);
  ASSERT_GE(arguments.size(), 2U);
  EXPECT_EQ(arguments.back(), evil);
  EXPECT_EQ(arguments[arguments.size() - 2], "--");
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
    EXPECT_FALSE(arguments[i].starts_with("--isolation")) << arguments[i];
}

TEST(BuildArguments, RefuseASecretThatWouldSayMoreThanItsPath) {
  for (const BuildSecret& secret : {BuildSecret{"a,src=/etc/shadow", "/x", ""},
                                    BuildSecret{"a", "/x,id=b", ""}, BuildSecret{"a", "", "X,id=b"}}) {
    ImageBuild build = plain();
    build.secrets = {secret};
    const auto arguments = build_arguments(build, kFiles);
    ASSERT_FALSE(arguments.ok());
    EXPECT_NE(arguments.error().words.find("comma"), std::string::npos);
  }
}

}  // namespace
}  // namespace stack::test
