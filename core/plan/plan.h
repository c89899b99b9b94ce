// plan(Desired, Observed) -> steps, each with its cause. Pure: no system call, no clock. One planner serves
// `up`, `plan`, restarts, repair and `down` (desired: nothing).
//
// It is level-triggered: a step that must wait for something (a dependency's health, a process's end, a
// back-off) is in the plan with what it waits for, and is carried out by the plan that is made when that has
// happened.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/plan/model.h"

namespace stack {

struct CreateNetwork {
  std::string network;
};
struct RemoveNetwork {
  std::string network;
};
struct CreateSandbox {
  std::string owner;
};
struct RemoveSandbox {
  std::string owner;
};
struct AttachEndpoint {
  std::string owner, network;
};
struct DetachEndpoint {
  std::string owner, network;
};
struct ApplyFirewall {};
struct RemoveFirewall {};
struct StartContainer {
  std::string service;
};
struct StopContainer {
  std::string service;
  bool recreate = false;
};
struct RemoveContainer {
  std::string service;
};  // what is left of an ended one: cgroup, layers
struct UpdateResources {
  std::string service;
};
// These mend what somebody else has done to what runs, and are in a plan for no other reason.
struct ContinueContainer {
  std::string service;
};  // its first process, which a signal has stopped
struct PinSandbox {
  std::string owner;
};
struct OpenResolver {
  std::string owner;
};
struct RewriteFile {
  std::string file;
};  // of our state: "intent.json", "state/web.json"
struct ReopenLog {
  std::string service;
};
struct MountFolder {};  // of what the stack has only until the boot

using Action = std::variant<CreateNetwork, RemoveNetwork, CreateSandbox, RemoveSandbox, AttachEndpoint,
                            DetachEndpoint, ApplyFirewall, RemoveFirewall, StartContainer, StopContainer,
                            RemoveContainer, UpdateResources, ContinueContainer, PinSandbox, OpenResolver,
                            RewriteFile, ReopenLog, MountFolder>;

struct Step {
  Action action;
  std::string reason;              // "not there", "command changed (compose.yaml:7)"
  std::vector<std::string> waits;  // "cache to be healthy"; empty: to be done now
  std::int64_t not_before_ns = 0;  // back-off (monotonic clock)
  std::string impossible;  // why this step can never be done as things are ("cache exited with code 1")
};

using Plan = std::vector<Step>;

Plan make_plan(const Desired& desired, const Observed& observed);

// "create", "start", ...; "network", "container", ...; and the object's name: the plan as people read it.
struct StepText {
  std::string action, kind, object;
};
StepText describe(const Action& action);
std::string object_of(const Action& action);  // "network front": kind and name
// A line a step: `+ create network back: not there`.
std::string render(const Plan& plan);

}  // namespace stack
