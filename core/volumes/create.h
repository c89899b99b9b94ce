// A volume comes to be: made aside as ROOT/.new-NAME, filled, synced and renamed, so that it is there filled
// or not at all, whatever dies meanwhile. Between processes and threads, whoever comes second waits for the
// first, and finds the volume there.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/volumes/record.h"
#include "specs/result.h"

namespace stack::volumes {

// What the data folder begins with: nothing, or a copy of what an image has at that path.
struct Filling {
  // Folders in overlayfs form, or one root file system; absolute, lowest first. None: nothing.
  std::vector<std::string> layers;
  std::string folder;  // absolute path in the image
};
inline Filling fill_from(std::vector<std::string> layers, std::string folder) {
  return {std::move(layers), std::move(folder)};
}

enum class Creation { created, already_there };
struct Created {
  Creation outcome = Creation::created;
  VolumeRecord record;  // as it is on the disk now: of one that was there, perhaps with other driver_opts
};

// `record.created` may be empty: now. The copy has the image's owners (unshifted), modes, times, xattrs, hard
// links, devices and holes, and the data folder itself those of the image's folder; without such a folder in
// the image it is empty, root's and 0755. A volume of another file system (driver_opts) is not filled.
// Errors: a bad name, driver_opts that mean nothing, a layer or disk that fails, a path of the image that is
// no folder; then nothing is left.
Result<Created> create(const std::string& root, VolumeRecord record, const Filling& filling = {});

}  // namespace stack::volumes
