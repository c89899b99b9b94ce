// One service and one network of the file to their models. What concerns several of them is for checks.h.
#pragma once

#include <map>
#include <string>

#include "specs/document.h"
#include "specs/interpolate.h"
#include "specs/reading.h"
#include "specs/stack_spec.h"

namespace stack {

// What a service's values are read against.
struct Surroundings {
  std::string project;
  std::string project_directory;  // absolute
  std::string directory;          // where the command was run: faults name files from here
  const std::map<std::string, std::string>*
      environment;  // the process's and .env's, for interpolation and bare names
  std::string home;
  // A service that is no part of the stack is read for its faults alone, and may name files that are not
  // here.
  bool opens_files = true;
  std::size_t* ports_left = nullptr;  // how many the files may still publish, where that is bounded
};

inline constexpr std::size_t kMostPorts = 200'000;

// Where things are written that the model keeps no position of: "depends_on.db",
// "networks.back.ipv4_address", "ports.0".
using Marks = std::map<std::string, Mark>;

struct ServiceDraft {
  ServiceSpec spec;
  Marks marks;
};

// What the readers of single keys work on.
struct ServiceReading {
  ServiceSpec& spec;
  Marks& marks;
  Reading& reading;
  const Surroundings& around;

  void mark(const std::string& key, const Node& node) const { marks[key] = node.mark(); }
};
using ServiceKey = KeyRule<ServiceReading>;

// Puts `env_file`, `label_file`, `image` and `build` before the other keys of the entry: `environment` and
// `labels` win over the first two wherever they stand.
ServiceDraft read_service(Entry& entry, const Surroundings& around, Diagnostics& diagnostics);
NetworkSpec read_network(const Entry& entry, const Surroundings& around, Diagnostics& diagnostics,
                         Marks& marks);

// Against the project's folder, ~ against the home; "." and ".." removed.
std::string absolute_path(const std::string& path, const Surroundings& around);
// As BuildKit tells a URL from a path.
bool is_remote_context(const std::string& context);
// As a person at the prompt would name the file: relative to where the command was run, where it is below.
std::string display_path(const std::string& path, const std::string& directory);

}  // namespace stack
