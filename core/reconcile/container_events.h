// What has happened to a container, in Docker's words, told from how its record was and how it is. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/reconcile/record.h"

namespace stack {

struct ContainerEvent {
  std::string action;  // "start", "die", "health_status: healthy"
  std::map<std::string, std::string> attributes;
};

class ContainerEvents {
 public:
  // These were told of already, by the last reconciler.
  void begin(const Records& records);
  // What has happened to it since it was noted last, in the order in which it happened.
  std::vector<ContainerEvent> note(const ContainerRecord& record);
  // The ids of those that have no record any more, by service. Each is told once.
  std::map<std::string, std::string> take_removed(const Records& records);

 private:
  struct Seen {
    std::string id;
    std::int64_t created_ns = 0;
    ContainerState state = ContainerState::absent;
    bool paused = false;
    Health health = Health::none;
    int restarts = 0;
  };
  static Seen seen_of(const ContainerRecord& record);
  std::map<std::string, Seen> seen_;  // by service
};

}  // namespace stack
