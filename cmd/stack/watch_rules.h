// The rules of `develop.watch`, made ready to be asked about a path of the host.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/watch/patterns.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

class PathRule {
 public:
  // Reads the .dockerignore of the service's build, where there is one.
  static Result<PathRule> make(const ServiceSpec& service, WatchRule rule);

  [[nodiscard]] const std::string& service() const { return service_; }
  // Its path is without symlinks.
  [[nodiscard]] const WatchRule& rule() const { return rule_; }
  [[nodiscard]] bool syncs() const;
  // Whether it is about this path: within its own, included and not ignored.
  [[nodiscard]] bool applies(const std::string& path) const;
  // Whether it is about nothing in this folder.
  [[nodiscard]] bool skips(const std::string& folder) const;
  // Where a path that it applies to is in the container.
  [[nodiscard]] std::string target_of(const std::string& path) const;

 private:
  std::string service_;
  WatchRule rule_;
  watch::Patterns include_, ignore_;
  std::string context_;  // of the build
  watch::Patterns of_context_;
};

// Of these services. A rule that cannot be carried out is an error: "rebuild" without a build. One whose path
// a bind mount shows in the container anyhow is left out, and `tell` is told.
Result<std::vector<PathRule>> path_rules(const StackSpec& spec, const std::set<std::string>& services,
                                         void (*tell)(const std::string& words));

}  // namespace stack::cmd
