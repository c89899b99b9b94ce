#include "cmd/stack/event_text.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "specs/one_off.h"
#include "specs/text.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

std::vector<std::string> services_of(const json& event) {
  std::vector<std::string> services = event.value("services", std::vector<std::string>{});
  for (std::string& service : services) service = service_behind(service);
  services.erase(std::unique(services.begin(), services.end()), services.end());  // of several containers
  return services;
}

// In this machine's zone: "2026-11-25", "18:42:00.000000", "+01:00".
struct Clock {
  std::string day, time, zone;
};

Clock clock_of(const json& event) {
  const auto ns = event.value("time_ns", std::int64_t{0});
  const std::time_t seconds = ns / 1'000'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char day[32], time[32], zone[16], fraction[16];
  std::strftime(day, sizeof day, "%Y-%m-%d", &parts);
  std::strftime(time, sizeof time, "%H:%M:%S", &parts);
  std::strftime(zone, sizeof zone, "%z", &parts);
  std::snprintf(fraction, sizeof fraction, ".%06d", static_cast<int>(ns / 1000 % 1'000'000));
  return {day, std::string(time) + fraction, std::string(zone).insert(3, ":")};
}

}  // namespace

bool is_about(const json& event, const std::vector<std::string>& services) {
  if (services.empty()) return true;
  const std::vector<std::string> about = services_of(event);
  return std::any_of(about.begin(), about.end(), [&](const std::string& one) {
    return std::find(services.begin(), services.end(), one) != services.end();
  });
}

std::string event_line(const json& event) {
  std::vector<std::string> words;
  for (const auto& [name, value] : event.value("attributes", std::map<std::string, std::string>{}))
    words.push_back(name + "=" + printable(value));
  const Clock clock = clock_of(event);
  return clock.day + " " + clock.time + " " + event.value("type", "") + " " + event.value("action", "") +
         " " + printable(event.value("id", "")) + " (" + joined(words, ", ") + ")\n";
}

json event_json(const json& event) {
  const Clock clock = clock_of(event);
  return {{"time", clock.day + "T" + clock.time + clock.zone},
          {"type", event.value("type", "")},
          {"service", joined(services_of(event), ",")},
          {"id", event.value("id", "")},
          {"action", event.value("action", "")},
          {"attributes", event.value("attributes", json::object())}};
}

}  // namespace stack::cmd
