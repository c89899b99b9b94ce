// An image layout made by hand, as `oci:` takes it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/images/digest.h"
#include "tests/unit/images/temp_folder.h"

namespace stack::test {

struct MadeImage {
  std::string manifest, config;     // digests
  std::vector<std::string> layers;  // digests of the blobs
  std::vector<std::string> diff_ids;
};

class Layout {
 public:
  using Json = nlohmann::json;

  explicit Layout(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_ + "/blobs/sha256");
    put("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string blob_path(const std::string& digest) const {
    return path_ + "/blobs/sha256/" + hex_of(digest);
  }
  std::string add_blob(const std::string& bytes) const {
    put("blobs/sha256/" + hex_of(digest_of(bytes)), bytes);
    return digest_of(bytes);
  }

  // `tars` are the layers, uncompressed; `diff_ids` what the config says of them if it is not the truth.
  MadeImage add_image(const std::string& tag, const std::vector<std::string>& tars,
                      const Json& process = Json::object(), std::vector<std::string> diff_ids = {},
                      const std::string& architecture = "amd64") {
    MadeImage made;
    Json layers = Json::array();
    for (const std::string& tar : tars) {
      made.layers.push_back(add_blob(tar));
      layers.push_back({{"mediaType", docker_ ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
                                              : "application/vnd.oci.image.layer.v1.tar"},
                        {"digest", made.layers.back()},
                        {"size", tar.size()}});
    }
    made.diff_ids = diff_ids.empty() ? made.layers : std::move(diff_ids);
    const std::string config = Json{{"os", "linux"},
                                    {"architecture", architecture},
                                    {"config", process},
                                    {"rootfs", {{"type", "layers"}, {"diff_ids", made.diff_ids}}}}
                                   .dump();
    made.config = add_blob(config);
    const std::string manifest = manifest_of(made.config, config.size(), layers);
    made.manifest = add_blob(manifest);
    index_.push_back({{"mediaType", docker_ ? "application/vnd.docker.distribution.manifest.v2+json"
                                            : "application/vnd.oci.image.manifest.v1+json"},
                      {"digest", made.manifest},
                      {"size", manifest.size()},
                      {"annotations", {{"org.opencontainers.image.ref.name", tag}}}});
    put("index.json", Json{{"schemaVersion", 2}, {"manifests", index_}}.dump());
    return made;
  }

  // From now on what is added has Docker's types.
  void speak_docker() { docker_ = true; }

 private:
  void put(const std::string& name, const std::string& content) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << content;
  }
  [[nodiscard]] std::string manifest_of(const std::string& config, std::size_t size,
                                        const Json& layers) const {
    return Json{{"schemaVersion", 2},
                {"mediaType", docker_ ? "application/vnd.docker.distribution.manifest.v2+json"
                                      : "application/vnd.oci.image.manifest.v1+json"},
                {"config",
                 {{"mediaType", docker_ ? "application/vnd.docker.container.image.v1+json"
                                        : "application/vnd.oci.image.config.v1+json"},
                  {"digest", config},
                  {"size", size}}},
                {"layers", layers}}
        .dump();
  }

  std::string path_;
  Json index_ = Json::array();
  bool docker_ = false;
};

}  // namespace stack::test
