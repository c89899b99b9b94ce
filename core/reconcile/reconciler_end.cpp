// How a stack ends: everything of it goes, in the reverse order of dependency, and last of all its reconciler
// and keeper.
#include "core/engine/runtime_folder.h"
#include "core/reconcile/id_ranges.h"
#include "core/reconcile/kernel_state.h"
#include "core/reconcile/one_off_traces.h"
#include "core/reconcile/port_reservations.h"
#include "core/reconcile/reconciler.h"
#include "core/sys/files.h"

namespace stack {

void Reconciler::begin_down(bool keep_files, std::optional<Nanoseconds> grace) {
  // Written before the first step: the next reconciler goes on with it should this one be killed.
  const Result<void> noted =
      replace_file(world_.paths.run + "/down", keep_files ? "keep" : "remove", 0600, Durability::none);
  if (!noted) broadcast({"Stack " + world_.project, "warning", "Not recorded", noted.error().words});
  if (grace)
    for (auto& [service, record] : world_.records) record.grace = *grace;
  want_nothing(keep_files);
}

void Reconciler::want_nothing(bool keep_files) {
  drop_plan();
  down_ = Down{keep_files};
  world_.everything_goes = true;
  world_.desired = Desired{};
  world_.desired.project = world_.project;
  wake();
}

void Reconciler::finish_down() {
  std::string faults;
  const auto complain = [this, &faults](const Result<void>& done) {
    if (done) return;
    broadcast({"Stack " + world_.project, "error", "Removing", done.error().words});
    faults += (faults.empty() ? "" : "\n") + done.error().words;
  };
  complain(engine::remove_runtime_folder(world_.paths.runtime()));
  complain(world_.cgroups->remove(world_.paths.cgroup));
  complain(release_ports(world_, StackSpec{}));
  complain(release_ids(world_.project));
  complain(down_->keep_files ? remove_forgotten_one_offs(world_) : remove_tree(world_.paths.lib));
  complain(world_.keeper->retire());
  complain(remove_tree(world_.paths.run));
  acceptor_.close();
  // Told last: who is told that the stack is down finds nothing of it.
  for (const auto& weak : sessions_) {
    const auto session = weak.lock();
    if (!session || !session->open()) continue;
    if (session->wants_progress) session->result(faults.empty() ? 0 : 1, faults);
    session->finish();
  }
  world_.io.stop();
}

void Reconciler::shut_down_on_signal() {
  begin_down(/*keep_files=*/true, std::nullopt);
}

}  // namespace stack
