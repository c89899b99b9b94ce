// The canonical model as text: what `stack config` prints, what goes over the control socket and into the
// intent on disk.
#pragma once

#include <map>
#include <string>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// In the words of the Compose Specification, so that the output is a stack file again. Positions are left
// out.
std::string to_yaml(const StackSpec& spec);
std::string to_json(const StackSpec& spec);

// Round trip for our own processes: from_wire(to_wire(s)) == s, positions included.
std::string to_wire(const StackSpec& spec);
Result<StackSpec> from_wire(const std::string& text);

// Every key that recreates the container if its value changes and that is set, with the SHA-256 of its value
// in hex: so the plan can name the key that forced it. Service_hash is one over all of them.
std::map<std::string, std::string> recreate_keys(const ServiceSpec& service);
std::string service_hash(const std::map<std::string, std::string>& keys);
// Over the limits, which are changed in place.
std::string resources_hash(const Resources& resources);
std::string sha256_hex(const std::string& text);

}  // namespace stack
