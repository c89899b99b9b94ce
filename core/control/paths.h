// Where a stack keeps what: /run/stack/PROJECT is gone with the boot, /var/lib/stack/PROJECT is not.
#pragma once

#include <string>

namespace stack {

struct Paths {
  explicit Paths(const std::string& project)
      : run("/run/stack/" + project), lib("/var/lib/stack/" + project), cgroup("stack/" + project) {}

  std::string run;     // 0700
  std::string lib;     // 0700
  std::string cgroup;  // below the cgroup root(s)

  [[nodiscard]] std::string control_socket() const { return run + "/control.sock"; }
  [[nodiscard]] std::string intent() const { return lib + "/intent.json"; }
  [[nodiscard]] std::string previous_intent() const { return lib + "/intent.previous.json"; }
  [[nodiscard]] std::string pins() const { return run + "/ns"; }
  [[nodiscard]] std::string container_run(const std::string& name) const {
    return run + "/containers/" + name;
  }
  [[nodiscard]] std::string container_state(const std::string& name) const {
    return run + "/state/" + name + ".json";
  }
  [[nodiscard]] std::string container_lib(const std::string& name) const {
    return lib + "/containers/" + name;
  }
  [[nodiscard]] std::string log_dir(const std::string& name) const { return lib + "/logs/" + name; }
  [[nodiscard]] std::string container_cgroup(const std::string& name) const { return cgroup + "/" + name; }
};

}  // namespace stack
