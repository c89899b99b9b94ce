// Volumes, configs and secrets of the file's top level to their models.
#pragma once

#include <string>

#include "specs/service.h"

namespace stack {

VolumeSpec read_volume(const Entry& entry, const Surroundings& around, Diagnostics& diagnostics,
                       Marks& marks);

enum class FileSourceKind { config, secret };
FileSource read_file_source(FileSourceKind kind, const Entry& entry, const Surroundings& around,
                            Diagnostics& diagnostics, Marks& marks);

// `external: true`, or in the old form `external: {name: NAME}`, which sets the name.
bool external(Reading& reading, const Node& node, std::string& name);
// Everything but the name is a fault.
void refuse_beside_external(Reading& reading, const Node& map);

}  // namespace stack
