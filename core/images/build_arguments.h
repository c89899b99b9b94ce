// `build:` in buildah's words. Pure.
#pragma once

#include <string>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// Where one of BuildSpec::secrets has its content: a file, or a variable of our environment.
struct BuildSecret {
  std::string id;
  std::string file;
  std::string environment;
};

struct ImageBuild {
  std::string name;  // of the image, in full
  BuildSpec spec;
  std::string platform;  // empty: this machine's
  std::vector<BuildSecret> secrets;
};

// Files of one build alone.
struct BuildFiles {
  std::string id_file;            // buildah writes the image's id into it
  std::string inline_dockerfile;  // holds BuildSpec::dockerfile_inline; used where there is one
  std::string mark;               // tells the working containers of this build from others'
};

// What stands behind "buildah". No text of the file can become an option: each is behind its "--option=", and
// the context behind "--". Errors for what buildah's syntax cannot say.
Result<std::vector<std::string>> build_arguments(const ImageBuild& build, const BuildFiles& files);

// Whether the context is a folder of this machine.
inline bool has_local_context(const BuildSpec& spec) {
  return spec.context.starts_with('/');
}

}  // namespace stack
