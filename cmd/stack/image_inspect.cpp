// `stack image inspect`: what the store and the image's config say, in the words of Docker.
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/faults.h"
#include "cmd/stack/image_names.h"
#include "cmd/stack/image_text.h"
#include "cmd/stack/image_verbs.h"
#include "cmd/stack/output.h"
#include "core/images/image_source.h"
#include "core/images/index.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

// The config was checked when it came, and its digest just now.
json part_of(const json& config, const char* key) {
  const auto it = config.find(key);
  return it == config.end() || !it->is_object() ? json::object() : *it;
}

// Every name of the image, and each repository with the digest that the registry served.
void put_names(json& out, const std::vector<StoredImage>& images, const StoredImage& meant) {
  out["RepoTags"] = json::array();
  out["RepoDigests"] = json::array();
  for (const StoredImage& image : images) {
    if (image.id != meant.id || image.name.empty()) continue;
    out["RepoTags"].push_back(short_image_name(image.name));
    const auto ref = image_of(image.name);
    if (ref && ref->kind == ImageRef::Kind::registry)
      out["RepoDigests"].push_back(short_image_name(by_digest(image.name, image.digest)));
  }
}

Result<json> inspect_one(const Store& store, const std::string& text) {
  const StoredImage image = TRY(find_image(store, text)).image;
  const ImageConfig config = TRY(config_of(store, image).with("image \"" + text + "\""));
  const std::string raw = TRY(read_blob(store.blob_path(image.id), image.id));
  const json parsed = json::parse(raw, nullptr, /*allow_exceptions=*/false);
  json out{{"Id", image.id},
           {"Digest", image.digest},
           {"Manifest", image.manifest},
           {"Created", config.created},
           {"Os", config.os},
           {"Architecture", config.architecture},
           {"Variant", config.variant},
           {"Size", image.size},
           {"Config", part_of(parsed, "config")},
           {"RootFS", {{"Type", "layers"}, {"Layers", config.diff_ids}}}};
  put_names(out, TRY(store.list()), image);
  json folders = json::array();
  for (const std::string& layer : config.diff_ids) folders.push_back(store.layer_path(layer));
  out["LayerFolders"] = folders;
  return out;
}

Result<int> inspect(const std::vector<std::string>& texts) {
  const Store store;
  json list = json::array();
  Faults faults;
  for (const std::string& text : texts) {
    auto one = inspect_one(store, text);
    if (one)
      list.push_back(*std::move(one));
    else
      faults.add(one.error().words);
  }
  // In ASCII: nothing that the image's maker wrote can drive the terminal.
  print(list.dump(4, ' ', /*ensure_ascii=*/true) + "\n");
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_image_inspect(CLI::App& command, const Globals&) {
  auto images = std::make_shared<std::vector<std::string>>();
  command.add_option("IMAGE", *images, "By name, or by id")->required();
  return [images] { return inspect(*images); };
}

}  // namespace stack::cmd
