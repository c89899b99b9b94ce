// The kernel compared with what was made: each difference goes into World::drift, is told once, and is mended
// by the planner's next pass. What is no longer different is taken out. Only what was made as it is wanted is
// compared; the rest is the planner's already.
#pragma once

#include <set>
#include <string>

#include "core/reconcile/world.h"
#include "specs/result.h"

namespace stack {

// Bridges and the host's ends of endpoints; `cause` as in Drift. The indices of those that are there.
Result<std::set<int>> compare_links(World& world, const std::string& cause);
// The table. `touched`: somebody has changed it, though it may look as it did.
enum class Touched { no, yes };
Result<void> compare_firewall(World& world, Touched touched, const std::string& cause);

// The folder of all that ends with the boot, and the namespaces of those who have some.
void compare_mounts(World& world, const std::string& cause);

// Files of our state, by path.
void compare_file(World& world, const std::string& path, const std::string& cause);
// The log of a container that runs, of which these files are known to have gone: "stdout.log".
void compare_log(World& world, const std::string& service, const std::set<std::string>& gone,
                 const std::string& cause);
// Where the logs of a container that runs are; "" where it has none.
std::string log_folder_of(const World& world, const std::string& service);

// The resolver in the network namespace of `owner`.
void compare_resolver(World& world, const std::string& owner, const std::string& cause);

// Whether the first process of a container that runs was stopped by a signal that nobody has asked us for.
void compare_process(World& world, const std::string& service, const std::string& cause);

// The limits of a container that runs, as it is wanted.
Result<void> compare_limits(World& world, const std::string& service, const std::string& cause);
// Those limits; none where there is nothing to compare.
std::vector<cgroup::Limit> limits_of(const World& world, const std::string& service);

// Takes what was found about some objects into World::drift; `about` tells which objects those are.
void take_drift(World& world, const std::vector<Drift>& found,
                const std::function<bool(const std::string&)>& about);

}  // namespace stack
