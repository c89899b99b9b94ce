// `stack import`: an image of one layer, of a root file system as a tar or a folder.
#include <memory>

#include "cmd/stack/image_names.h"
#include "cmd/stack/output.h"
#include "cmd/stack/standard_input.h"
#include "cmd/stack/verb.h"
#include "core/images/pull.h"

namespace stack::cmd {
namespace {

struct Options {
  std::string source, name;
};

Result<StoredImage> import_source(const Options& options) {
  Store store;
  const std::string name = TRY(new_name_of(options.name));
  if (options.source != "-") return import_rootfs(store, options.source, name);
  const StandardInput input = TRY(StandardInput::copy("its name"));
  auto image = import_rootfs(store, input.path(), name);
  return image ? image : input.named(image.error());
}

Result<int> import(const Options& options) {
  print(TRY(import_source(options)).id + "\n");
  return 0;
}

}  // namespace

Run define_import(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command
      .add_option("SOURCE", options->source, "A tar, compressed or not, a folder, or - for standard input")
      ->required();
  command.add_option("NAME", options->name, "What the image is called: \"shop/web:2\"")->required();
  return [options] { return import(*options); };
}

}  // namespace stack::cmd
