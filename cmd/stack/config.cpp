// `stack config`: the file checked, and shown as it is understood.
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"
#include "specs/canonical.h"

namespace stack::cmd {
namespace {

struct Options {
  bool services = false;
  bool quiet = false;
  std::string format = "yaml";
};

Result<int> config(const Options& options, const Globals& globals) {
  const StackSpec spec = TRY(load_spec(globals));
  if (options.quiet) return 0;
  std::string text;
  if (options.services) {
    for (const auto& [name, service] : spec.services) text += name + "\n";
  } else {
    text = options.format == "json" ? to_json(spec) : to_yaml(spec);
    if (!text.ends_with('\n')) text += '\n';
  }
  print(text);
  return 0;
}

}  // namespace

Run define_config(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("--services", options->services, "The names of the services alone");
  command.add_flag("-q,--quiet", options->quiet, "Check only");
  command.add_option("--format", options->format)->check(CLI::IsMember({"yaml", "json"}));
  return [options, &globals] { return config(*options, globals); };
}

}  // namespace stack::cmd
