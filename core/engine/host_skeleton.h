// The lowest layer of every `host:` container: the usual folders and a few made-up or harmless files of /etc,
// on disk once a host. The host's programs are bound on top of it.
#pragma once

#include <string>
#include <vector>

#include "specs/result.h"

namespace stack::engine {

// Makes the skeleton where it is not there yet and brings its passwd and group up to date with the host's.
Result<std::string> host_skeleton();

// What of the host is bound, read-only, onto the same place inside.
std::vector<std::string> host_programs();

}  // namespace stack::engine
