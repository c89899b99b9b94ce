// Where a stack keeps what: /run/stack/PROJECT is gone with the boot, /var/lib/stack/PROJECT is not.
#pragma once

#include <string>

namespace stack {

struct Paths {
  explicit Paths(const std::string& project, const std::string& all_lib = "/var/lib/stack",
                 const std::string& all_run = "/run/stack")
      : run(all_run + "/" + project), lib(all_lib + "/" + project), cgroup("stack/" + project) {}

  std::string run;     // 0700
  std::string lib;     // 0700
  std::string cgroup;  // below the cgroup root(s)

  [[nodiscard]] std::string control_socket() const { return run + "/control.sock"; }
  [[nodiscard]] std::string intent() const { return lib + "/intent.json"; }
  [[nodiscard]] std::string previous_intent() const { return lib + "/intent.previous.json"; }
  // The models before that of the intent, a file each.
  [[nodiscard]] std::string history() const { return lib + "/history"; }
  // A tmpfs of its own, see core/engine/runtime_folder.h; the rest is in it.
  [[nodiscard]] std::string runtime() const { return run + "/live"; }
  [[nodiscard]] std::string pins() const { return runtime() + "/ns"; }
  [[nodiscard]] std::string kernel_state() const { return runtime() + "/kernel.json"; }
  [[nodiscard]] std::string events() const { return runtime() + "/events"; }
  [[nodiscard]] std::string container_run(const std::string& name) const {
    return runtime() + "/containers/" + name;
  }
  [[nodiscard]] std::string records() const { return runtime() + "/state"; }
  [[nodiscard]] std::string container_state(const std::string& name) const {
    return records() + "/" + name + ".json";
  }
  [[nodiscard]] std::string container_lib(const std::string& name) const {
    return lib + "/containers/" + name;
  }
  [[nodiscard]] std::string log_dir(const std::string& name) const { return lib + "/logs/" + name; }
  [[nodiscard]] std::string container_cgroup(const std::string& name) const { return cgroup + "/" + name; }
};

}  // namespace stack
