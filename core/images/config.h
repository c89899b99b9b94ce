// An image's config: what the image says about the process to run, and how that meets what the file says.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

// Absent is empty, as it is in the config.
struct ImageConfig {
  std::vector<std::string> entrypoint, cmd;
  std::map<std::string, std::string> env;
  std::string user, working_dir, stop_signal;
  std::vector<std::string> volumes;        // absolute paths, sorted
  std::vector<std::string> exposed_ports;  // "80/tcp", sorted
  std::optional<Healthcheck> healthcheck;
  std::map<std::string, std::string> labels;
  std::string os, architecture, variant;
  std::string created;                // RFC 3339
  std::size_t history = 0;            // how many steps have made it
  std::vector<std::string> diff_ids;  // "sha256:...", lowest first
};

// From the bytes of an OCI or Docker config, which anyone may have written: at most 8 MiB, of bounded depth.
Result<ImageConfig> parse_image_config(std::string_view json);

// Fills in what the file leaves to the image, as Docker Compose does; what the file says wins. An entrypoint
// of the file drops the image's command. A volume of the image that nothing is mounted on becomes an
// anonymous one. Mounts that come by volumes_from must be there already.
void apply_config(ServiceSpec& service, const ImageConfig& image);

}  // namespace stack
