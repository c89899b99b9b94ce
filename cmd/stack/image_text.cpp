#include "cmd/stack/image_text.h"

#include <nlohmann/json.hpp>

#include "cmd/stack/format.h"
#include "cmd/stack/moment.h"
#include "specs/image_reference.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr std::size_t kPrefix = 7;  // "sha256:"
constexpr std::size_t kShortId = 12;
constexpr const char* kNone = "<none>";
constexpr const char* kNotHere = "-";

std::vector<std::string> row_of(const StoredImage& image, double now) {
  const RepositoryTag name = repository_and_tag(image.name);
  return {name.repository, name.tag, short_id(image.id), age_of(image.created, now), human_size(image.size)};
}

std::vector<std::string> row_of(const ContainerImage& one, double now) {
  const RepositoryTag name = repository_and_tag(one.name);
  std::vector<std::string> row{one.container, name.repository, name.tag, kNotHere,
                               kNotHere,      kNotHere,        kNotHere};
  if (!one.id.empty()) row[4] = short_id(one.id);
  if (!one.image) return row;
  row[3] = printable(one.image->platform);  // the image's own word
  row[5] = human_size(one.image->size);
  row[6] = age_of(one.image->created, now);
  return row;
}

}  // namespace

std::string short_image_name(const std::string& name) {
  const auto ref = parse_image(name, "/");
  return ref ? short_name(*ref) : printable(name);
}

RepositoryTag repository_and_tag(const std::string& name) {
  if (name.empty()) return {kNone, kNone};
  const std::string text = short_image_name(name);
  const std::size_t digest = text.find('@');
  const std::string tagged = text.substr(0, digest);
  // The port of a registry is no tag, and neither is the folder after "oci:".
  const std::size_t colon = tagged.find(':', tagged.find_last_of('/') + 1);
  if (colon == std::string::npos) return {tagged, kNone};
  return {tagged.substr(0, colon), tagged.substr(colon + 1)};
}

std::string short_id(const std::string& id) {
  return id.substr(id.starts_with("sha256:") ? kPrefix : 0, kShortId);
}

std::optional<double> time_of(const std::string& rfc3339) {
  const auto nanoseconds = calendar_time(rfc3339);
  if (!nanoseconds || rfc3339.find_first_of("Tt ") == std::string::npos) return std::nullopt;
  const std::int64_t seconds = *nanoseconds / 1'000'000'000;  // a fraction of one is nothing in an age
  return static_cast<double>(seconds);
}

std::string age_of(const std::string& rfc3339, double now) {
  const auto time = time_of(rfc3339);
  return time ? human_duration(now - *time) + " ago" : "N/A";
}

std::string image_table(const std::vector<StoredImage>& images, double now) {
  std::vector<std::vector<std::string>> rows{{"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"}};
  for (const StoredImage& image : images) rows.push_back(row_of(image, now));
  return columns(rows);
}

json image_json(const StoredImage& image, double now) {
  const RepositoryTag name = repository_and_tag(image.name);
  const auto time = time_of(image.created);
  return {{"ID", image.id},
          {"Repository", name.repository},
          {"Tag", name.tag},
          {"Digest", image.digest},
          {"Platform", image.platform},
          {"CreatedAt", time ? created_at(*time) : "N/A"},
          {"CreatedSince", age_of(image.created, now)},
          {"Size", human_size(image.size)}};
}

std::string container_image_table(const std::vector<ContainerImage>& images, double now) {
  std::vector<std::vector<std::string>> rows{
      {"CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"}};
  for (const ContainerImage& image : images) rows.push_back(row_of(image, now));
  return columns(rows);
}

json container_image_json(const ContainerImage& one) {
  const RepositoryTag name = repository_and_tag(one.name);
  json out{{"ContainerName", one.container},
           {"Repository", name.repository},
           {"Tag", name.tag},
           {"ID", one.id},
           {"Platform", ""},
           {"Size", 0},
           {"Created", ""}};
  if (!one.image) return out;
  out["Platform"] = one.image->platform;
  out["Size"] = one.image->size;
  out["Created"] = one.image->created;
  return out;
}

}  // namespace stack::cmd
