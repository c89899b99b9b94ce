// What is copied where: the arguments of `cp` and the rules that Docker has for them. Pure.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::cmd {

struct CopyArgument {
  std::string service;  // "": the path is the host's
  std::string path;     // "-" of the host's: standard input or output

  [[nodiscard]] bool is_stream() const { return service.empty() && path == "-"; }
};
// "web:/etc/x" is in a service; "/a:b", "./a:b" and "a" are not.
CopyArgument parse_copy_argument(const std::string& text);

struct CopyFrom {
  bool is_folder = false;
  std::string path;
};
// Whether a path means what is in the folder and not the folder: "a/.", ".", "/".
bool means_content(const std::string& path);

struct CopyTo {
  bool is_there = false, is_folder = false;
  std::string path;
};

struct CopyPlace {
  std::string folder;  // that is there, or the copy fails
  std::string name;    // in it; "" is the folder itself
};
Result<CopyPlace> place_copy(const CopyFrom& from, const CopyTo& to);

}  // namespace stack::cmd
