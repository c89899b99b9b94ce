// The stack's files as a bundle has them: in the places that they have to each other.
#pragma once

#include <string>
#include <vector>

#include "core/images/bundle.h"
#include "specs/result.h"
#include "specs/stack_files.h"
#include "specs/stack_spec.h"

namespace stack::cmd {

enum class SecretFiles { leave, pack };

struct PackedFiles {
  std::string root;                   // the folder here that is the bundle's stack/
  BundleContents contents;            // without images
  std::vector<std::string> warnings;  // what is not in it, and what the other machine needs therefore
};

// Reads them. An error where one that the stack needs is not to be read.
Result<PackedFiles> pack_files(const StackSpec& spec, const StackFiles& files, SecretFiles secrets);

// The image's path below `root`, where the file names it by a relative one; else "".
std::string place_of_image(const ImageRef& image, const StackFiles& files, const std::string& root);

}  // namespace stack::cmd
