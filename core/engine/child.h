// The child between clone3 and exec. Everything here is noexcept, allocates nothing and never returns into
// the parent's code: what fails ends the child with a report (report.h).
#pragma once

#include "core/engine/launch_plan.h"

namespace stack::engine {

// child_process.cpp, in the order in which they are called.
void enter(const ProcessPlan& plan) noexcept;  // plain signals, the parent's word, cgroup, session
// Puts 0, 1 and 2 in place and closes every other descriptor but `kept` and the report pipe (CVE-2024-21626),
// then sets the limits, of which that of descriptors would otherwise count the parent's.
void shed(const ProcessPlan& plan, const int* kept, int count) noexcept;
void join_user_namespace(const ProcessPlan& plan) noexcept;
void take_identity(const ProcessPlan& plan) noexcept;  // bounding set, groups, gid, uid, capabilities
[[noreturn]] void run_program(ProcessPlan& plan) noexcept;

// child_terminal.cpp: a new terminal of the container's devpts becomes 0, 1 and 2 and the controlling one;
// its master goes over `socket`, which is closed. Called with the identity that is to own it.
void open_terminal(int socket, int outcome) noexcept;

// child_root.cpp: from a copy of the staging mount namespace (staging.h) to the container's own root.
void build_root(const RootPlan& root, int outcome) noexcept;

// child_system.cpp: /proc, /sys and /dev below the folder `root`.
void mount_system(const RootPlan& plan, int root, int outcome) noexcept;
void protect_system(const RootPlan& plan, int root, int outcome) noexcept;  // masked and read-only paths

// child_mount.cpp
struct Setting {
  const char* key;
  const char* value;
};
// A new file system, not attached yet.
int make_mount(int outcome, const char* type, const Setting* settings, int count,
               unsigned attributes) noexcept;
// An overlay of the attached `layers`.
int make_overlay(int outcome, const Layers& layers, const Setting* settings, int count,
                 unsigned attributes) noexcept;
void attach(int outcome, int tree, int folder, const char* path, const char* step) noexcept;
enum class TargetKind { folder, file };
enum class Links { within_root, refused };
// The place `path` below `root`, made where it is missing. A symlink of the image cannot lead out of `root`.
int open_target(int outcome, int root, const char* path, TargetKind kind, Links links, unsigned owner,
                const char* step) noexcept;

}  // namespace stack::engine
