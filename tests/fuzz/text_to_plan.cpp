// The whole way from text to plan, on hostile text: files (tests/fuzz/files_in_memory.h) -> StackSpec ->
// resolve -> make_plan against a host with nothing on it. No system call. What must hold of any bytes: it
// ends, within bounds and without undefined behaviour; without an error there is a model, which reads the
// same after the wire and plans at least what it has containers; with one there is none.
#include <cstdio>
#include <cstdlib>
#include <set>

#include "core/plan/plan.h"
#include "core/reconcile/resolve.h"
#include "specs/canonical.h"
#include "specs/load.h"
#include "tests/fuzz/files_in_memory.h"

namespace stack {
namespace {

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

LoadOptions options() {
  LoadOptions options;
  options.directory = fuzz::kFolder;
  options.project_name = "shop";
  options.profiles = {"*"};
  options.environment = {{"HOME", "/root"}, {"EMPTY", ""}, {"PORT", "8080"}, {"TAG", "1.2"}};
  return options;
}

void plan_of(const StackSpec& spec) {
  const std::set<std::string> stopped;
  ResolveInput input{&spec, &stopped, {}, {}};
  for (const auto& [service, group] : sharing_groups(spec)) input.ids[group] = {0x70000000U, 65536};
  AddressBook book;
  const auto desired = resolve(input, book);
  if (!desired) return demand(!desired.error().words.empty(), "what cannot be resolved says why");
  demand(desired->containers.size() == spec.services.size(), "each service has its container");
  const Plan plan = make_plan(*desired, {});
  std::size_t starts = 0;
  for (const Step& step : plan) starts += std::holds_alternative<StartContainer>(step.action) ? 1U : 0U;
  demand(starts == spec.services.size(), "each container is started");
  demand(!render(plan).empty(), "the plan has words");
}

void run() {
  const auto loaded = load_stack(options());
  if (!loaded) return demand(!loaded.error().words.empty(), "what cannot be read says why");
  demand(loaded->spec.has_value() != loaded->diagnostics.has_errors(), "a model or an error");
  const std::string told = loaded->diagnostics.render(true);
  demand(told.empty() == loaded->diagnostics.all().empty(), "each fault has words");
  if (!loaded->spec) return;
  demand(!to_yaml(*loaded->spec).empty() && !to_json(*loaded->spec).empty(), "the canonical text");
  const std::string wire = to_wire(*loaded->spec);
  const auto again = from_wire(wire);
  demand(again.ok() && to_wire(*again) == wire, "the wire keeps the model");
  plan_of(*again);
}

}  // namespace
}  // namespace stack

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  stack::fuzz::take_files(bytes, size);
  stack::run();
  return 0;
}
