#include "cmd/stack/merged_config.h"

#include <unistd.h>

#include "cmd/stack/output.h"
#include "cmd/stack/project.h"

namespace stack::cmd {
namespace {

Result<void> told(const Diagnostics& diagnostics) {
  if (!diagnostics.all().empty()) print_error(diagnostics.render(wants_colour(STDERR_FILENO)));
  return diagnostics.has_errors() ? Result<void>(Error{kFaultsShown, "the file has faults"}) : Result<void>();
}

}  // namespace

Result<MergedModel> merged_config(const MergedConfig& options, const Globals& globals) {
  LoadOptions load = TRY(load_options(globals));
  load.opens_files = !options.no_env_resolution;
  load.relates = !options.no_consistency;
  if (options.no_interpolate) {
    MergedModel model = TRY(merged_model(load, VariablesAre::kept));
    TRY(told(model.diagnostics));
    return model;
  }
  // What the merging says is said again by the whole.
  TRY(told(TRY(load_stack(load)).diagnostics));
  return merged_model(load, VariablesAre::filled_in);
}

}  // namespace stack::cmd
