// The contents of a stack's configs and secrets, read from where the file says.
#pragma once

#include <map>
#include <string>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

// Where an `external` config or secret is looked for: ROOT/configs/NAME, ROOT/secrets/NAME.
inline constexpr const char* kExternalFiles = "/etc/stack";

// In base64, by content_key of core/reconcile/file_contents.h, of those that a service mounts; variables are
// looked up in `environment`. The mounts in `spec` get their origin and digest. Every source that cannot be
// read is told in one error.
Result<std::map<std::string, std::string>> read_file_sources(
    StackSpec& spec, const std::map<std::string, std::string>& environment);

}  // namespace stack::cmd
