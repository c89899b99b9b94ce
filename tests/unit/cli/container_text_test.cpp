#include "cmd/stack/container_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr double kNow = 1'764'000'000.0;

json container(const json& changes) {
  json base{{"name", "shop-web-1"},     {"service", "web"},         {"state", "running"}, {"health", ""},
            {"created_at", kNow - 400}, {"started_at", kNow - 300}, {"finished_at", 0.0}, {"restarts", 0},
            {"exit_reason", ""}};
  base.update(changes);
  return base;
}

struct Case {
  json changes;
  const char* text;
};

TEST(StatusText, SaysHowAContainerIsAndWhy) {
  const Case kCases[] = {
      {json::object(), "Up 5 minutes"},
      {{{"health", "healthy"}}, "Up 5 minutes (healthy)"},
      {{{"health", "starting"}}, "Up 5 minutes (health: starting)"},
      {{{"restarts", 3}, {"exit_reason", "signal 9 (SIGKILL)"}},
       "Up 5 minutes (3 restarts, last: signal 9 (SIGKILL))"},
      {{{"health", "unhealthy"}, {"restarts", 1}}, "Up 5 minutes (unhealthy; 1 restart)"},
      {{{"state", "paused"}, {"health", "healthy"}}, "Up 5 minutes (Paused)"},
      {{{"state", "exited"}, {"exit_code", 0}, {"exit_reason", "exit 0"}, {"finished_at", kNow - 3}},
       "Exited (0) 3 seconds ago"},
      {{{"state", "exited"},
        {"exit_code", 137},
        {"exit_reason", "out of memory (memory limit 64 MiB)"},
        {"finished_at", kNow - 3}},
       "Exited (137) 3 seconds ago — out of memory (memory limit 64 MiB)"},
      {{{"state", "exited"}, {"exit_reason", "unknown"}, {"finished_at", kNow - 60}},
       "Exited (unknown) About a minute ago"},
      {{{"state", "restarting"}, {"exit_code", 3}, {"exit_reason", "exit 3"}, {"next_start", kNow + 1.2}},
       "Restarting (3) in 2 s"},
      {{{"state", "waiting"}, {"waiting_for", "cache to be healthy"}}, "Waiting for cache to be healthy"},
      {{{"state", "created"}}, "Created"},
      {{{"weakened", json::array({"privileged", "pid host"})}}, "Up 5 minutes [privileged, pid host]"},
  };
  for (const Case& c : kCases) EXPECT_EQ(status_text(container(c.changes), kNow), c.text) << c.changes;
}

TEST(StatusText, StandsAnEmptyObject) {
  EXPECT_EQ(status_text(json::object(), kNow), "Unknown");
}

TEST(PortsText, ShowsBothFamiliesWhereNoAddressIsNamed) {
  const json all{{"host_ip", ""}, {"published", 8080}, {"target", 80}, {"protocol", "tcp"}};
  const json one{{"host_ip", "::1"}, {"published", 53}, {"target", 5353}, {"protocol", "udp"}};
  EXPECT_EQ(ports_text(container({{"ports", {all, one}}})),
            "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, [::1]:53->5353/udp");
}

json published() {
  return container({{"ports",
                     {{{"host_ip", ""}, {"published", 8080}, {"target", 80}, {"protocol", "tcp"}},
                      {{"host_ip", "127.0.0.1"}, {"published", 8081}, {"target", 80}, {"protocol", "tcp"}},
                      {{"host_ip", "::1"}, {"published", 53}, {"target", 5353}, {"protocol", "udp"}}}}});
}

TEST(PublishedAt, GivesTheFirstPlaceOfAPortAndItsProtocol) {
  EXPECT_EQ(published_at(published(), 80, "tcp"), "0.0.0.0:8080");
  EXPECT_EQ(published_at(published(), 5353, "udp"), "[::1]:53");
  EXPECT_EQ(published_at(published(), 5353, "tcp"), std::nullopt);
  EXPECT_EQ(published_at(container(json::object()), 80, "tcp"), std::nullopt);
}

TEST(PortList, HasALineAPlace) {
  EXPECT_EQ(port_list(published(), ""),
            "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n80/tcp -> 127.0.0.1:8081\n5353/udp -> [::1]:53\n");
  EXPECT_EQ(port_list(published(), "udp"), "5353/udp -> [::1]:53\n");
  EXPECT_EQ(port_list(container(json::object()), ""), "");
}

TEST(ComposeJson, HasTheFieldsOfCompose) {
  const json out = compose_json(container({{"exit_code", 3}}), "shop", kNow);
  for (const char* field : {"ID", "Name", "Service", "Project", "State", "Status", "Health", "ExitCode",
                            "Publishers", "Image", "Command", "CreatedAt", "RunningFor", "Ports", "Networks"})
    EXPECT_TRUE(out.contains(field)) << field;
  EXPECT_EQ(out["ExitCode"], 3);
  EXPECT_EQ(out["ExitCodeKnown"], true);
}

TEST(ComposeJson, NeverPassesAnUnknownExitCodeOffAsZero) {
  EXPECT_EQ(compose_json(container({{"state", "exited"}}), "shop", kNow)["ExitCodeKnown"], false);
}

}  // namespace
}  // namespace stack::cmd
