// The text of `image:` as an ImageRef and back, by Docker's rules for names (distribution/reference). Pure.
#pragma once

#include <string>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// `host:`, `rootfs:DIR`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]`, and a name
// in a registry, with or without `docker://`. Paths are made absolute against `project_dir`, "~" against
// `home`; a name is completed: "redis" is "docker.io/library/redis:latest". Errors say what is wrong with the
// text.
Result<ImageRef> parse_image(const std::string& text, const std::string& project_dir,
                             const std::string& home = "");

// What the faulty text was probably meant to be (`did you mean "redis:7"?`), or "".
std::string image_hint(const std::string& text);

// As people write it: "redis:7" for "docker.io/library/redis:7"; parse_image gives the same reference again.
std::string short_name(const ImageRef& image);

// Whether it is one that the image store holds.
inline bool is_stored(const ImageRef& image) {
  return image.kind != ImageRef::Kind::host && image.kind != ImageRef::Kind::rootfs;
}

}  // namespace stack
