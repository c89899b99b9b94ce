// Images of the store as tables and JSON, in the words of Docker. Pure: `now` is given.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/images/store.h"

namespace stack::cmd {

struct RepositoryTag {
  std::string repository, tag;  // "<none>" where there is none
  bool operator==(const RepositoryTag&) const = default;
};
// Of a name as the store has it: {"redis", "7"} of "docker.io/library/redis:7".
RepositoryTag repository_and_tag(const std::string& name);
// "redis:7" of "docker.io/library/redis:7".
std::string short_image_name(const std::string& name);
// A dozen digits of "sha256:...".
std::string short_id(const std::string& id);
// Seconds since 1970 of an RFC 3339 time; nothing where it is none, or is before that year.
std::optional<double> time_of(const std::string& rfc3339);
// "3 weeks ago", "N/A".
std::string age_of(const std::string& rfc3339, double now);

// REPOSITORY TAG IMAGE ID CREATED SIZE
std::string image_table(const std::vector<StoredImage>& images, double now);
// As of a line of `docker image ls --format json`.
nlohmann::json image_json(const StoredImage& image, double now);

// An image as one container of a stack has it.
struct ContainerImage {
  std::string container;
  std::string name;                  // as the store has it
  std::string id;                    // empty: not here
  std::optional<StoredImage> image;  // what the store says of it
};
// CONTAINER REPOSITORY TAG PLATFORM IMAGE ID SIZE CREATED
std::string container_image_table(const std::vector<ContainerImage>& images, double now);
// As of an item of `docker compose images --format json`.
nlohmann::json container_image_json(const ContainerImage& image);

}  // namespace stack::cmd
