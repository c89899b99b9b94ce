// The volumes of this host as the verbs see them.
#pragma once

#include <string>
#include <vector>

#include "core/reconcile/in_use.h"
#include "core/volumes/record.h"
#include "core/volumes/remove.h"
#include "specs/result.h"

namespace stack::cmd {

// As far as they can be read.
std::vector<std::string> volume_names();
// `volume "shp_db" is not there: did you mean "shop_db"?`
Error no_volume(const std::string& name);
// By name, an error where there is none.
Result<volumes::VolumeRecord> find_volume(const std::string& name);
// None if nobody uses it.
std::vector<std::string> users_of(const InUse& in_use, const std::string& name);

}  // namespace stack::cmd
