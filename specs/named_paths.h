// The paths that a stack file names, wherever in it they stand: for who lists them and for who takes them to
// another folder. Pure.
#pragma once

#include <functional>
#include <string>

#include "specs/document.h"

namespace stack {

struct NamedPath {
  enum class Kind {
    env_file,  // env_file and label_file
    config,
    secret,
    seccomp,  // a profile
    bind,     // a file or folder of the host in a container, or as a volume
    image,    // a layout, an archive or a root file system
    build,    // what a build or its watch reads
  };
  Kind kind;
  std::string owner;  // `service "web"`, `config "c"`
  bool required = true;
  // It is `length` bytes of the node's text from `from` on.
  Node& node;
  std::size_t from = 0, length = std::string::npos;

  [[nodiscard]] std::string text() const { return node.text.substr(from, length); }
};

using VisitPath = std::function<void(const NamedPath&)>;

// Of a whole file, or of one service of it. A value that is of no good form is passed over: its fault is told
// by who reads it. Of several paths in one text the last is visited first, so that each may be replaced.
void each_path(Node& root, const VisitPath& visit);
void each_path_of_service(const std::string& name, Node& service, const VisitPath& visit);

// Relative to the project's folder, when it is neither absolute nor below the home.
bool is_relative_path(const std::string& text);
// The paths of `root` (or of one service) are relative to `folder`, and are to be relative to where `folder`
// itself is named from: "data" of "lib" is "./lib/data". An absolute folder makes them absolute.
void rebase(Node& root, const std::string& folder);
void rebase_service(const std::string& name, Node& service, const std::string& folder);

}  // namespace stack
