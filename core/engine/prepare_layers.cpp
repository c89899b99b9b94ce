#include "core/engine/prepare.h"

namespace stack::engine {

Result<Layers> prepare_layers(const char* top, const std::vector<std::string>& folders,
                              const UniqueFd& user_ns, int& next) {
  TreeOptions options;
  options.recursive = false;
  options.read_only = true;
  options.user_ns = user_ns.get();
  Layers layers;
  layers.top = top;
  layers.lowerdir = top;
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    Layers::Layer layer{TRY(clone_tree(*folder, options).with("image")), std::to_string(next++)};
    layers.lowerdir += ":" + layer.name;
    layers.trees.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace stack::engine
