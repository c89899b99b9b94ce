// `stack image tag`: one more name for an image.
#include <memory>

#include "cmd/stack/image_names.h"
#include "cmd/stack/image_verbs.h"

namespace stack::cmd {
namespace {

struct Options {
  std::string image, name;
};

Result<int> tag(const Options& options) {
  Store store;
  const std::string name = TRY(new_name_of(options.name));
  const NamedImage meant = TRY(find_image(store, options.image));
  TRY(store.tag(meant.key, name));
  return 0;
}

}  // namespace

Run define_image_tag(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_option("IMAGE", options->image, "By name, or by id")->required();
  command.add_option("NAME", options->name, "Its new name, \"shop/web:2\"; it is taken from who has it")
      ->required();
  return [options] { return tag(*options); };
}

}  // namespace stack::cmd
