#include "core/images/config.h"

#include <gtest/gtest.h>

#include "core/images/digest.h"

namespace stack::test {
namespace {

using std::chrono::seconds;
using Words = std::vector<std::string>;

TEST(ImageConfig, IsReadAsDockerWritesIt) {
  const auto image = parse_image_config(
      R"({"created":"2024-01-02T03:04:05Z","os":"linux","architecture":"arm64","variant":"v8",
    "history":[{"created_by":"x"},{}],"rootfs":{"type":"layers","diff_ids":[")" +
      digest_of("a") + R"("]},"config":{"User":"redis","ExposedPorts":{"6379/tcp":{},"1/udp":{}},
    "Env":["PATH=/bin","EMPTY=","A=b=c","nothing"],"Entrypoint":["/e"],"Cmd":["c","d"],"Volumes":{"/data/":{},"/a":{}},
    "WorkingDir":"/w","Labels":{"k":"v"},"StopSignal":"SIGQUIT","OnBuild":["RUN x"],
    "Healthcheck":{"Test":["CMD-SHELL","curl x"],"Interval":5000000000,"Timeout":0,"Retries":2}}})");
  ASSERT_TRUE(image.ok()) << image.error().words;
  EXPECT_EQ(image->user, "redis");
  EXPECT_EQ(image->exposed_ports, (Words{"1/udp", "6379/tcp"}));
  EXPECT_EQ(image->env, (std::map<std::string, std::string>{{"PATH", "/bin"}, {"EMPTY", ""}, {"A", "b=c"}}));
  EXPECT_EQ(image->entrypoint, Words{"/e"});
  EXPECT_EQ(image->cmd, (Words{"c", "d"}));
  EXPECT_EQ(image->volumes, (Words{"/a", "/data"}));
  EXPECT_EQ(image->working_dir, "/w");
  EXPECT_EQ(image->labels.at("k"), "v");
  EXPECT_EQ(image->stop_signal, "SIGQUIT");
  EXPECT_EQ(image->healthcheck->test, (Words{"/bin/sh", "-c", "curl x"}));
  EXPECT_EQ(image->healthcheck->interval, seconds(5));
  EXPECT_FALSE(image->healthcheck->timeout);
  EXPECT_EQ(image->healthcheck->retries, 2);
  EXPECT_EQ(image->history, 2U);
  EXPECT_EQ(image->diff_ids, Words{digest_of("a")});
  EXPECT_EQ(image->variant, "v8");
}

TEST(ImageConfig, TakesNullForNothing) {
  const auto image = parse_image_config(
      R"({"config":{"Env":null,"Cmd":null,"Volumes":null,"Labels":null,"Healthcheck":null}})");
  ASSERT_TRUE(image.ok());
  EXPECT_TRUE(image->cmd.empty());
  EXPECT_FALSE(image->healthcheck);
}

TEST(ImageConfig, KnowsEveryKindOfTest) {
  const auto test_of = [](const std::string& test) {
    const auto image =
        parse_image_config(R"({"config":{"Shell":["/bin/bash","-ec"],"Healthcheck":{"Test":)" + test + "}}}");
    return image.ok() ? *image->healthcheck : Healthcheck{};
  };
  EXPECT_TRUE(test_of(R"(["NONE"])").disable);
  EXPECT_EQ(test_of(R"(["CMD","a","b"])").test, (Words{"a", "b"}));
  EXPECT_EQ(test_of(R"(["CMD-SHELL","a b"])").test, (Words{"/bin/bash", "-ec", "a b"}));
  EXPECT_TRUE(test_of("[]").test.empty());
}

TEST(ImageConfig, IsRefusedWhereItMakesNoSense) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "no JSON"},
      {"[]", "no JSON object"},
      {"{} x", "no JSON"},
      {std::string(5 << 20, ' '), "bytes"},
      {"{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", "nested"},
      {R"({"config":[]})", "\"config\""},
      {R"({"config":{"Env":{"A":"b"}}})", "\"Env\""},
      {R"({"config":{"Env":[1]}})", "\"Env\""},
      {R"({"config":{"Cmd":["a\u0000b"]}})", "NUL"},
      {R"({"config":{"Volumes":{"data":{}}}})", "no absolute path"},
      {R"({"config":{"Volumes":{"../data":{}}}})", "no absolute path"},
      {R"({"config":{"StopSignal":"SIGNONE"}})", "StopSignal"},
      {R"({"config":{"Healthcheck":{"Test":["RUN","x"]}}})", "neither"},
      {R"({"config":{"Healthcheck":{"Interval":-1}}})", "negative"},
      {R"({"config":{"Healthcheck":{"Interval":1e30}}})", "whole number"},
      {R"({"rootfs":{"diff_ids":["sha256:../../x"]}})", "digest"},
      {R"({"config":{"User":"\ud800"}})", "no JSON"},
  };
  for (const auto& [text, words] : cases) {
    SCOPED_TRACE(text.substr(0, 80));
    const auto image = parse_image_config(text);
    ASSERT_FALSE(image.ok());
    EXPECT_NE(image.error().words.find(words), std::string::npos) << image.error().words;
  }
}

ImageConfig plain_image() {
  ImageConfig image;
  image.entrypoint = {"/entry"};
  image.cmd = {"serve"};
  return image;
}

TEST(ApplyConfig, ArgumentsAreThoseOfCompose) {
  struct Case {
    std::optional<Words> entrypoint, command;
    Words expected_entrypoint;
    std::optional<Words> expected_command;
  };
  const Case cases[] = {
      {{}, {}, {"/entry"}, Words{"serve"}},
      {{}, Words{"other"}, {"/entry"}, Words{"other"}},
      {{}, Words{}, {"/entry"}, Words{}},
      {Words{"/mine"}, {}, {"/mine"}, {}},
      {Words{"/mine"}, Words{"x"}, {"/mine"}, Words{"x"}},
      {Words{}, {}, {}, {}},
  };
  for (const Case& one : cases) {
    ServiceSpec service;
    service.entrypoint = one.entrypoint;
    service.command = one.command;
    apply_config(service, plain_image());
    EXPECT_EQ(service.entrypoint, one.expected_entrypoint);
    EXPECT_EQ(service.command, one.expected_command);
  }
}

TEST(ApplyConfig, TheFileWinsAndTheImageFills) {
  ImageConfig image;
  image.env = {{"PATH", "/image"}, {"ONLY", "image"}};
  image.labels = {{"a", "image"}, {"b", "image"}};
  image.user = "image";
  image.working_dir = "/image";
  image.stop_signal = "SIGQUIT";
  ServiceSpec service;
  service.environment = {{"PATH", "/file"}};
  service.labels = {{"a", "file"}};
  service.user = "file";
  apply_config(service, image);
  EXPECT_EQ(service.environment, (std::map<std::string, std::string>{{"PATH", "/file"}, {"ONLY", "image"}}));
  EXPECT_EQ(service.labels, (std::map<std::string, std::string>{{"a", "file"}, {"b", "image"}}));
  EXPECT_EQ(service.user, "file");
  EXPECT_EQ(service.working_dir, "/image");
  EXPECT_EQ(service.stop_signal, "SIGQUIT");
}

TEST(ApplyConfig, AHealthcheckIsPutTogether) {
  ImageConfig image;
  image.healthcheck.emplace();
  image.healthcheck->test = {"check"};
  image.healthcheck->interval = seconds(7);
  image.healthcheck->retries = 9;
  ServiceSpec service;
  apply_config(service, image);
  EXPECT_EQ(service.healthcheck, image.healthcheck);

  service.healthcheck.emplace();
  service.healthcheck->interval = seconds(1);
  apply_config(service, image);
  EXPECT_EQ(service.healthcheck->test, Words{"check"});
  EXPECT_EQ(service.healthcheck->interval, seconds(1));
  EXPECT_EQ(service.healthcheck->retries, 9);

  service.healthcheck.emplace();
  service.healthcheck->disable = true;
  apply_config(service, image);
  EXPECT_TRUE(service.healthcheck->disable);
  EXPECT_TRUE(service.healthcheck->test.empty());

  image.healthcheck->test.clear();
  image.healthcheck->disable = true;
  service.healthcheck.emplace();
  service.healthcheck->test = {"mine"};
  apply_config(service, image);
  EXPECT_FALSE(service.healthcheck->disable) << "a test of the file's stands against the image's NONE";
}

TEST(ApplyConfig, VolumesBecomeAnonymousMountsWhereNothingIs) {
  ImageConfig image;
  image.volumes = {"/a", "/data", "/z"};
  ServiceSpec service;
  for (const char* target : {"/b", "/data"}) {
    Mount mount;
    mount.target = target;
    mount.source = "/host";
    service.mounts.push_back(mount);
  }
  apply_config(service, image);
  Words targets;
  for (const Mount& mount : service.mounts) targets.push_back(mount.target);
  EXPECT_EQ(targets, (Words{"/a", "/b", "/data", "/z"}));
  EXPECT_EQ(service.mounts[0].type, Mount::Type::volume);
  EXPECT_EQ(service.mounts[0].source, "");
  EXPECT_EQ(service.mounts[2].type, Mount::Type::bind);
}

}  // namespace
}  // namespace stack::test
