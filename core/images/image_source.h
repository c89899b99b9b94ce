// Where an image comes from, in skopeo's words.
#pragma once

#include <stop_token>
#include <string>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

struct ImageSource {
  std::string skopeo;    // "docker://docker.io/library/redis:7", "oci:/folder:tag"
  std::string name;      // under which it is kept; may be empty
  std::string registry;  // "docker.io"; empty for what is on this machine
  std::string path;      // the folder or file on this machine
  std::string stamp;     // what that looks like now; another one means that it has changed
};

// An error for `host` and `rootfs`, which are no images.
Result<ImageSource> source_of(const ImageRef& ref);
// Of a file or an image layout; empty if it is not there.
std::string stamp_of(const std::string& path);
// skopeo reads no compressed archive to its end (1.9.3: "unexpected EOF"): such a one is written to `plain`,
// and `source` is that then.
Result<void> decompress_archive(ImageSource& source, const std::string& plain, const std::stop_token& stop);
// The same repository by a digest: "docker.io/library/redis@sha256:...".
std::string by_digest(const std::string& name, const std::string& digest);

}  // namespace stack
