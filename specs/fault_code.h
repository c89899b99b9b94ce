// What kind each fault of a file is: a word that stays the same while messages get better, for scripts and
// for searching. specs/faults.md is the table of them for people, and a test holds it to this one. Pure.
#pragma once

#include <span>

namespace stack {

enum class FaultCode {
  address_conflict,
  conflicting_keys,
  cycle,
  duplicate_key,
  env_file_syntax,
  inactive_service,
  include_conflict,
  invalid_name,
  invalid_value,
  missing_healthcheck,
  missing_key,
  name_conflict,
  never_kept,
  no_effect,
  no_services,
  not_utf8,
  not_yet,
  port_conflict,
  required_variable,
  self_reference,
  suspicious_value,
  target_conflict,
  too_large,
  undefined_config,
  undefined_network,
  undefined_secret,
  undefined_service,
  undefined_volume,
  unknown_key,
  unknown_option,
  unknown_profile,
  unreachable_service,
  unread_file,
  unreadable_file,
  unset_variable,
  variable_syntax,
  wrong_type,
  yaml_syntax,
};

struct FaultKind {
  FaultCode code;
  const char* name;     // "unknown-key"
  const char* meaning;  // one line, without a full stop
};

// All of them, in the order of FaultCode, which is that of their names.
std::span<const FaultKind> fault_kinds();
const char* name_of(FaultCode code);

}  // namespace stack
