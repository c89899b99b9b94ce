#include "specs/one_off.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

using Words = std::vector<std::string>;
using Map = std::map<std::string, std::string>;

const std::string kId = "1f2e3d4c5b6a" + std::string(52, '0');

StackSpec shop() {
  StackSpec stack;
  stack.name = "shop";
  stack.volumes["data"].name = "shop_data";
  ServiceSpec& db = stack.services["db"];
  db.name = "db";
  db.container_name = "shop-db-1";
  ServiceSpec& web = stack.services["web"];
  web.name = "web";
  web.container_name = "shop-web-1";
  web.entrypoint = Words{"/entry"};
  web.command = Words{"serve"};
  web.environment = {{"A", "file"}, {"B", "file"}};
  web.user = "www";
  web.working_dir = "/srv";
  web.depends_on["db"] = {};
  web.restart.kind = RestartPolicy::Kind::always;
  web.healthcheck = Healthcheck{{"true"}, false, {}, {}, {}, {}, {}};
  web.ports = {{"", 8080, 80, "tcp"}};
  web.networks["default"].aliases = {"www"};
  web.cap_add = {"NET_ADMIN"};
  web.cap_drop = {"CHOWN"};
  web.labels = {{"tier", "front"}};
  Mount mount;
  mount.type = Mount::Type::bind;
  mount.source = "/host";
  mount.target = "/data";
  web.mounts = {mount};
  return stack;
}

ServiceSpec made(OneOffOptions options) {
  options.id = kId;
  const auto one = one_off_of(shop(), "web", options);
  EXPECT_TRUE(one.ok()) << (one.ok() ? "" : one.error().words);
  return one.ok() ? *one : ServiceSpec{};
}

TEST(OneOff, HasANameThatNoServiceCanHave) {
  EXPECT_EQ(one_off_name("web", kId), "web@1f2e3d4c5b6a");
  EXPECT_TRUE(is_one_off("web@1f2e3d4c5b6a"));
  EXPECT_FALSE(is_one_off("web"));
  EXPECT_EQ(service_behind("web@1f2e3d4c5b6a"), "web");
  EXPECT_EQ(service_behind("web"), "web");
}

TEST(OneOff, IsTheServiceWithoutItsPolicyHealthPortsAndNames) {
  const ServiceSpec one = made({});
  EXPECT_EQ(one.name, "web@1f2e3d4c5b6a");
  EXPECT_EQ(one.container_name, "shop-web-run-1f2e3d4c5b6a");
  EXPECT_EQ(one.restart, RestartPolicy{});
  EXPECT_TRUE(one.healthcheck && one.healthcheck->disable);
  EXPECT_TRUE(one.ports.empty());
  EXPECT_EQ(one.networks.at("default").aliases, Words{});
  EXPECT_EQ(one.entrypoint, Words{"/entry"});
  EXPECT_EQ(one.command, Words{"serve"});
  EXPECT_TRUE(one.depends_on.contains("db"));
  EXPECT_EQ(one.labels, (Map{{"tier", "front"},
                             {"com.docker.compose.project", "shop"},
                             {"com.docker.compose.service", "web"},
                             {"com.docker.compose.slug", kId},
                             {"com.docker.compose.oneoff", "True"}}));
}

TEST(OneOff, TakesItsCommandFromTheLineAndKeepsTheEntrypoint) {
  OneOffOptions options;
  options.command = {"migrate", "--all"};
  EXPECT_EQ(made(options).entrypoint, Words{"/entry"});
  EXPECT_EQ(made(options).command, (Words{"migrate", "--all"}));
}

TEST(OneOff, WithAnEntrypointOfItsOwnDropsTheServicesCommand) {
  OneOffOptions options;
  options.entrypoint = Words{"sh", "-c"};
  EXPECT_EQ(made(options).entrypoint, (Words{"sh", "-c"}));
  EXPECT_EQ(made(options).command, Words{});
  options.command = {"echo"};
  EXPECT_EQ(made(options).command, Words{"echo"});
}

TEST(OneOff, HasTheLinesVariablesOverTheFiles) {
  OneOffOptions options;
  options.environment = {{"B", "line"}, {"C", "line"}};
  EXPECT_EQ(made(options).environment, (Map{{"A", "file"}, {"B", "line"}, {"C", "line"}}));
}

TEST(OneOff, MovesACapabilityFromOneListToTheOther) {
  OneOffOptions options;
  options.cap_add = {"CHOWN", "SYS_TIME"};
  options.cap_drop = {"NET_ADMIN"};
  EXPECT_EQ(made(options).cap_add, (Words{"CHOWN", "SYS_TIME"}));
  EXPECT_EQ(made(options).cap_drop, Words{"NET_ADMIN"});
}

TEST(OneOff, PublishesWhatItIsToldToAlone) {
  OneOffOptions options;
  options.service_ports = true;
  EXPECT_EQ(made(options).ports, (std::vector<PublishedPort>{{"", 8080, 80, "tcp"}}));
  options.service_ports = false;
  options.ports = {{"", 9000, 90, "tcp"}};
  EXPECT_EQ(made(options).ports, options.ports);
}

TEST(OneOff, AnswersToTheServicesNamesOnlyWhenAsked) {
  OneOffOptions options;
  options.use_aliases = true;
  EXPECT_EQ(made(options).networks.at("default").aliases, (Words{"www", "web"}));
}

TEST(OneOff, WithoutDependenciesWaitsForNobody) {
  OneOffOptions options;
  options.no_deps = true;
  EXPECT_TRUE(made(options).depends_on.empty());
}

TEST(OneOff, MountsTheLinesInPlaceOfTheFilesInTheOrderOfTheirTargets) {
  OneOffOptions options;
  options.mounts = *one_off_mounts(shop(), {"./here:/data:ro", "data:/a", "/anonymous"}, "/work", "/root");
  const ServiceSpec one = made(options);
  ASSERT_EQ(one.mounts.size(), 3u);
  EXPECT_EQ(one.mounts[0].target + " " + one.mounts[0].source, "/a shop_data");
  EXPECT_EQ(one.mounts[1].target + " " + one.mounts[1].source, "/anonymous ");
  EXPECT_EQ(one.mounts[2].target + " " + one.mounts[2].source, "/data /work/here");
  EXPECT_TRUE(one.mounts[2].read_only);
}

TEST(OneOff, RefusesNamesThatAreNoneOrTakenOrTooLong) {
  for (const char* name : {"../x", "a b", "-x", "x", ".hidden", "a/b", "shop-db-1"}) {
    OneOffOptions options;
    options.id = kId;
    options.container_name = name;
    EXPECT_FALSE(one_off_of(shop(), "web", options).ok()) << name;
  }
  StackSpec stack = shop();
  const std::string longest(120, 'a');
  stack.services[longest] = stack.services.at("web");
  OneOffOptions options;
  options.id = kId;
  EXPECT_FALSE(one_off_of(stack, longest, options).ok());
}

struct Wrong {
  const char* text;
  const char* words;
};

TEST(OneOff, TellsWhatIsWrongWithAMount) {
  const Wrong all[] = {
      {"nodata:/x", "the file has no volume \"nodata\"; \"./nodata\" is a folder"},
      {"/a:relative", "volumes of \"stack run\": target \"relative\" is not an absolute path"},
      {"/a:/b:rprivte",
       "unknown option \"rprivte\" of a volume of \"stack run\": did you mean \"rprivate\"?"},
      {"/a:/", "volumes of \"stack run\": nothing can be mounted on \"/\""},
  };
  for (const auto& [text, words] : all) {
    const auto mounts = one_off_mounts(shop(), {text}, "/work", "/root");
    ASSERT_FALSE(mounts.ok()) << text;
    EXPECT_EQ(mounts.error().words, words);
  }
}

TEST(OneOff, TellsWhatIsWrongWithAPortAndACapability) {
  EXPECT_FALSE(one_off_ports({"80", "x"}).ok());
  EXPECT_EQ((*one_off_ports({"127.0.0.1:80:8080/udp"})),
            (std::vector<PublishedPort>{{"127.0.0.1", 80, 8080, "udp"}}));
  EXPECT_EQ(*one_off_capabilities({"cap_net_raw", "ALL"}), (Words{"NET_RAW", "ALL"}));
  EXPECT_FALSE(one_off_capabilities({"NET_RAWW"}).ok());
}

}  // namespace
}  // namespace stack
