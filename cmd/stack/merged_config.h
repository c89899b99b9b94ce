// `stack config` with the options that ask for the files as one, in their own words, instead of the model.
#pragma once

#include <string>

#include "cmd/stack/verb.h"
#include "specs/merged_model.h"

namespace stack::cmd {

// Which of docker compose's options the line has.
struct MergedConfig {
  bool no_interpolate = false;      // variables stay
  bool no_normalize = false;        // nothing is added
  bool no_path_resolution = false;  // paths stay relative
  bool no_env_resolution = false;   // env_file stays, unread
  bool no_consistency = false;      // references, cycles and conflicts may be wrong

  [[nodiscard]] bool is_wanted() const {
    return no_interpolate || no_normalize || no_path_resolution || no_env_resolution || no_consistency;
  }
};

// Its faults and warnings are shown before this returns. Where variables are filled in, the model is checked
// as for `stack up`, but for what the options leave out.
Result<MergedModel> merged_config(const MergedConfig& options, const Globals& globals);

}  // namespace stack::cmd
