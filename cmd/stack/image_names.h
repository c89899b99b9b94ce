// How people name images on the command line, and how the store's names are shown to them.
#pragma once

#include <string>
#include <vector>

#include "core/images/store.h"
#include "specs/result.h"

namespace stack::cmd {

// The reference that `text` is; relative paths are against the current folder. An error says what was
// probably meant.
Result<ImageRef> image_of(const std::string& text);
// The same for a name that an image is to get: one of a registry, without a digest. In full.
Result<std::string> new_name_of(const std::string& text);

// An image of the store and by which word it was meant: its full name, or what it begins its id with.
struct NamedImage {
  StoredImage image;
  std::string key;  // for Store::remove and Store::tag
};
// A name in any of its forms, else an id or what it begins with.
Result<NamedImage> find_image(const Store& store, const std::string& text);

// "redis:7" for "docker.io/library/redis:7", "sha256:0123456789ab" for an image without a name.
std::string shown_name(const StoredImage& image);

}  // namespace stack::cmd
