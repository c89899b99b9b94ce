#include <memory>

#include "cmd/stack/output.h"
#include "cmd/stack/volume_text.h"
#include "cmd/stack/volume_verbs.h"
#include "core/sys/random_id.h"
#include "core/volumes/create.h"

namespace stack::cmd {
namespace {

struct Options {
  std::string driver = "local";
  std::vector<std::string> labels, opts;
  std::string name;
};

Result<int> create(const Options& options) {
  if (options.driver != "local")
    return fault("driver \"" + options.driver + "\": there is no other than \"local\"");
  volumes::VolumeRecord record;
  record.anonymous = options.name.empty();
  record.name = record.anonymous ? TRY(random_id()) : options.name;
  record.labels = TRY(parse_pairs(options.labels, "--label", KeyAlone::allowed));
  record.driver_opts = TRY(parse_pairs(options.opts, "--opt", KeyAlone::refused));
  const auto wanted = record.driver_opts;
  const volumes::Created made = TRY(volumes::create(volumes::kVolumesRoot, std::move(record)));
  if (made.record.driver_opts != wanted)
    return fault("volume \"" + made.record.name +
                 "\" is there with other options: \"stack volume inspect\" shows them");
  print(made.record.name + "\n");
  return 0;
}

}  // namespace

Run define_volume_create(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_option("-d,--driver", options->driver, "local, and no other");
  add_repeatable(command, "--label", options->labels, "KEY[=VALUE]");
  add_repeatable(command, "-o,--opt", options->opts,
                 "Of the local driver: type=nfs, device=:/folder, o=addr=server,rw");
  command.add_option("NAME", options->name, "A name of its own where none is given");
  return [options] { return create(*options); };
}

}  // namespace stack::cmd
