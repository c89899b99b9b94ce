// `stack export`: a container's root as a tar.
#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/left_out.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "core/control/paths.h"
#include "core/copy/tar_sink.h"
#include "core/copy/tree.h"
#include "core/copy/tree_source.h"
#include "core/sys/new_file.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using copy::Tree;
using nlohmann::json;

struct Options {
  std::string output, service;
  int index = 0;
};

Result<Tree> tree_of(const std::string& project, const std::string& service, int index) {
  const json container = TRY(container_at(project, service, index));
  if (!is_up(container))
    return fault("\"" + service + "\" is not running: its root is there for `stack export` while it runs");
  return Tree::of_container(container.value("pid", 0),
                            Paths(project).container_cgroup(container.value("key", "")));
}

Result<void> write_tar(const Tree& tree, int fd) {
  const UniqueFd root = TRY(tree.open("/", O_PATH | O_DIRECTORY, Tree::Links::on_the_way));
  const auto sink = TRY(copy::TarSink::open(fd));
  TRY(copy::read_unmounted(root, tree.ids(), *sink, tell_left_out));
  return sink->finish();
}

Result<void> write_file(const Tree& tree, const std::string& path) {
  NewFile file = TRY(NewFile::create(path));
  TRY(write_tar(tree, file.fd()));
  return file.publish();
}

Result<int> export_root(const Options& options, const Globals& globals) {
  if (options.output.empty() && ::isatty(STDOUT_FILENO) == 1)
    return fault("a tar is nothing for a terminal: give a file with -o, or redirect it");
  const std::string project = TRY(name_of_project(globals));
  const Tree tree = TRY(tree_of(project, options.service, options.index).with(options.service));
  const Result<void> done =
      options.output.empty() ? write_tar(tree, STDOUT_FILENO) : write_file(tree, options.output);
  // Names of the container's are in what went wrong.
  if (!done) return Error{done.error().code, options.service + ": " + printable(done.error().words)};
  return 0;
}

}  // namespace

Run define_export(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("-o,--output", options->output, "Into this file; else to standard output")
      ->type_name("FILE");
  add_index(command, options->index);
  command.add_option("SERVICE", options->service, "The service")->required();
  command.footer("Without what is mounted: volumes, binds, and the host's programs of image \"host:\"");
  return [options, &globals] { return export_root(*options, globals); };
}

}  // namespace stack::cmd
